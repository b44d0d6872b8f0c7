// The lab's `dnsmasq --test` accepts and rejects the same files as the real one, which is compared where the machine has it.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LabHost, openLabHost } from '../../../test/support/host/lab-host.ts';
import { findProgram } from '../../../test/support/programs.ts';

const DNSMASQ = findProgram('dnsmasq', 'PHOENIX_TEST_DNSMASQ');

let host: LabHost;
beforeAll(async () => {
  host = await openLabHost();
  await run('apt-get', '-y', 'install', 'dnsmasq');
});
afterAll(() => host.close());

function run(program: string, ...args: string[]) {
  return host.run({ kind: 'command', program, args, timeoutSeconds: 10 });
}

test.each([
  ['hostsdir=/tmp', 0],
  ['local=/example.internal/', 0],
  ['server=/example.internal/10.0.0.1#5353', 0],
  ['server=9.9.9.9', 0],
  ['server=not an address', 1],
  ['address=/x.internal/10.0.0.1', 0],
  ['address=/x.internal/10.0.0', 1],
  ['bind-dynamic', 0],
  ['bind-dynamic=yes', 1],
  ['listen-address=10.0.0.13', 0],
  ['port=70000', 1],
  ['no-such-option', 1],
  ['cache-size=many', 1],
  ['# a remark\n\ndomain-needed # and another', 0],
])('%j ends with %i', async (line, exit) => {
  await host.write('/root/tried.conf', `${line}\n`);
  const tried = await run('dnsmasq', '--test', '--conf-file=/root/tried.conf');
  expect(tried).toMatchObject({ exit });
  if (DNSMASQ === undefined) return;
  const real = spawnSync(DNSMASQ, ['--test', `--conf-file=${join(host.dir, 'root/tried.conf')}`], { encoding: 'utf8' });
  expect({ exit: real.status, stderr: real.stderr.replaceAll(host.dir, '') }).toEqual({ exit, stderr: tried.stderr });
});

test('a file that is not there is another fault', async () => {
  expect(await run('dnsmasq', '--test', '--conf-file=/root/none')).toMatchObject({ exit: 3 });
});
