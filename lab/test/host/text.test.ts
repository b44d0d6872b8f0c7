// The lab's programs on hostile text in files: results as recorded from exportfs of nfs-utils 2.6.2, testparm of Samba 4.17 and dnsmasq 2.90.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LabHost, openLabHost } from '../../../test/support/host/lab-host.ts';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  for (const name of ['nfs-kernel-server', 'samba', 'dnsmasq']) await run('apt-get', '-y', 'install', name);
  for (const name of ['x', 'y', 'z', 'a b', 'aé#']) await mkdir(join(host.dir, 'srv', name), { recursive: true });
});
afterEach(() => host.close());

const run = (program: string, ...args: string[]) => host.run({ kind: 'command', program, args, timeoutSeconds: 10 });

describe('exportfs', () => {
  /** Null: refused; otherwise its line of the table. */
  test.each([
    ['anonuid=abc', null],
    ['anonuid=-2', 'anonuid=-2'],
    ['anonuid=12x', null],
    ['anonuid=+5', 'anonuid=5'],
    ['anonuid=0x10', null],
    ['anongid=99999999999', 'anongid=1215752191'],
    ['anonuid=', null],
    ['fsid=abc', null],
    ['fsid=root', 'fsid=0'],
    ['fsid=99999999999', 'fsid=1215752191'],
    ['sec=foo', null],
    ['sec=sys:krb5', 'sec=sys:krb5'],
    ['rw=1', null],
    ['RW', null],
    ['bogus', null],
    ['mp', 'mountpoint'],
    ['mp=/x', 'mountpoint=/x'],
    ['refer=/a@b', 'refer=/a@b'],
    ['security_label', 'security_label'],
    ['nordirplus', 'nordirplus'],
  ])('%s', async (option, told) => {
    const { exit } = await run('exportfs', '-i', '-o', option, '10.0.0.9:/srv/x');
    const table = ((await host.readFile('/var/lib/nfs/etab')) ?? '').split(/[(),\n]/);
    expect([exit, told === null || table.includes(told)]).toEqual([told === null ? 1 : 0, true]);
  });

  const paths = async () =>
    ((await host.readFile('/var/lib/nfs/etab')) ?? '').split('\n').flatMap((line) => line.split('\t')[0] || []);

  test('reads up to the first line that it does not understand, and no further', async () => {
    await host.write('/etc/exports', '/srv/x 10.0.0.1(rw)\n/srv/y 10.0.0.1(anonuid=abc)\n/srv/z 10.0.0.1(rw)\n');
    expect(await run('exportfs', '-ra')).toMatchObject({ exit: 1, stderr: expect.stringContaining('bad anonuid') });
    expect(await paths()).toEqual(['/srv/x']);
  });

  test('reads quotes, octal bytes and continued lines', async () => {
    await host.write('/etc/exports', '"/srv/a b" 10.0.0.1(rw)\n/srv/a\\303\\251\\043 \\\n 10.0.0.1(rw)\n/srv/z (rw)\n');
    expect(await run('exportfs', '-ra')).toMatchObject({ exit: 0 });
    expect(await paths()).toEqual(['/srv/a\\040b', '/srv/aé\\043', '/srv/z']);
    expect(await host.read('/var/lib/nfs/etab')).toContain('/srv/z\t*(rw');
  });
});

test.each([
  [
    'a line that ends in a backslash goes on in the next',
    '[a]\n   path = /x\\\n   read only = no\n',
    '\tpath = /x read only = no\n',
  ],
  ['several spaces are one', '[a]\n   path = /x   y\n', '\tpath = /x y\n'],
  ['a sign for a remark within a line is part of it', '[a]\n   path = /x;y#z\n', '\tpath = /x;y#z\n'],
])('testparm: %s', async (_, text, printed) => {
  await host.write('/etc/samba/tried.conf', text);
  const { stdout } = await run('testparm', '-s', '/etc/samba/tried.conf');
  expect(stdout).toContain(printed);
});

test.each([
  ['listen-address=fe80::1%eth0', 1],
  ['server=fe80::1%eth0', 0],
  ['listen-address=fd00::1,10.0.0.1', 0],
])('dnsmasq: %s', async (line, exit) => {
  await host.write('/etc/tried.conf', `${line}\n`);
  expect(await run('dnsmasq', '--test', '--conf-file=/etc/tried.conf')).toMatchObject({ exit });
});

test('ifreload: a backslash at the end of a line continues it', async () => {
  await host.write(
    '/etc/network/interfaces.d/tried',
    'auto vmbr7\niface vmbr7 inet static\n\tbridge-ports eno2\\\n\taddress 10.7.0.1/24\n',
  );
  await run('ifreload', '-a');
  const { stdout } = await run('ip', '-j', 'address', 'show');
  expect(stdout).toContain('"vmbr7"');
  expect(stdout).not.toContain('10.7.0.1');
});
