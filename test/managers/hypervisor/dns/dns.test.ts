// DNS of the host: on a lab host with interruptions, and with the real dnsmasq, queried over the network.

import { execFileSync } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../../../src/managers/config.ts';
import type { Command } from '../../../../src/model/action.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { findProgram, freePort, type Started, start } from '../../../support/programs.ts';
import { until } from '../../../support/until.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { container, environment, wanted } from '../../guests.ts';
import { LOOKS, manager, partOf, withHost } from '../parts.ts';

const STATIC = '/etc/dnsmasq.d/00-phoenix.conf';
const NAMES = '/etc/dnsmasq.hosts.d/phoenix';
const THEIRS = '/etc/dnsmasq.d/home.conf';

function named(name: string, upstreams: readonly string[] = ['9.9.9.9']): Config {
  const traefikService = { name: 'app', port: 80, scheme: 'http' } as const;
  const web = container(101, { name, traefikService, network: { ...container(101).network, ip: '10.0.0.7/24' } });
  const network = { ...environment().hypervisor.network, address: '10.0.0.13/24' };
  return withHost({ dns: { enabled: true, upstreamServers: upstreams }, network }, environment(web));
}

const read = async (host: LabHost, path: string): Promise<string | null> => (await host.readFile(path)) ?? null;

testContract<LabHost>(manager, [
  {
    name: 'names and settings of dnsmasq',
    open: () => openLabHost(),
    target: partOf(named('web'), 'dns'),
    changed: partOf(named('site', ['9.9.9.9', '1.1.1.1']), 'dns'),
    state: async (host) => [await read(host, STATIC), await read(host, NAMES), await serviceOf(host)],
    looks: LOOKS,
    foreign: {
      make: (host) => host.write(THEIRS, 'cache-size=2000\n'),
      state: (host) => read(host, THEIRS),
    },
  },
  {
    name: 'settings under our name that are not ours',
    open: () => openLabHost(),
    target: partOf(named('web'), 'dns'),
    changed: partOf(named('site'), 'dns'),
    state: async (host) => [await read(host, STATIC), await read(host, NAMES)],
    looks: LOOKS,
    foreign: {
      make: (host) => host.write(STATIC, 'cache-size=2000\n'),
      state: (host) => read(host, STATIC),
      refused: 'phoenix adopt hypervisor/dns',
    },
  },
]);

async function serviceOf(host: LabHost): Promise<string> {
  const args = ['show', '--property=ActiveState,UnitFileState', 'dnsmasq.service'];
  return (await host.run({ kind: 'command', program: 'systemctl', args, timeoutSeconds: 5 })).stdout;
}

const DNSMASQ = findProgram('dnsmasq', 'PHOENIX_TEST_DNSMASQ');

describe.skipIf(DNSMASQ === undefined)('with the real dnsmasq (skipped: none on this machine)', () => {
  let host: LabHost;
  let port: number;
  let server: Started | undefined;
  let starts: number;
  let resolver: Resolver;

  beforeEach(async () => {
    host = await openLabHost();
    // Its own user has to look into them.
    chmodSync(host.dir, 0o755);
    port = await freePort();
    starts = 0;
    resolver = new Resolver({ timeout: 500, tries: 4 });
    resolver.setServers([`127.0.0.1:${port}`]);
    const inLab = host.run;
    host.run = async (command, options) => {
      if (command.program === 'dnsmasq') return tested(command);
      const result = await inLab(command, options);
      if (result.exit === 0 && command.program === 'systemctl' && command.args[0] === 'restart') await restart();
      return result;
    };
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await host.close();
  });

  /** The real one tries the same settings, with the folders of the lab. */
  function tested({ args }: Command) {
    const file = args.find((word) => word.startsWith('--conf-file='))?.slice('--conf-file='.length) ?? '';
    const here = join(host.dir, 'run/tried.conf');
    writeFileSync(here, settings(file));
    try {
      execFileSync(DNSMASQ ?? '', ['--test', `--conf-file=${here}`], { stdio: 'pipe' });
      return { exit: 0, stdout: '', stderr: '', ms: 0, ended: 'exited' as const };
    } catch (error) {
      return { exit: 1, stdout: '', stderr: String(error), ms: 0, ended: 'exited' as const };
    }
  }

  function settings(file: string): string {
    return readFileSync(join(host.dir, file), 'utf8').replaceAll('=/etc/', `=${host.dir}/etc/`);
  }

  async function restart(): Promise<void> {
    await server?.stop();
    starts += 1;
    mkdirSync(join(host.dir, 'run'), { recursive: true });
    const here = join(host.dir, 'run/served.conf');
    writeFileSync(here, settings(STATIC));
    const args = [`--conf-file=${here}`, `--port=${port}`, '--keep-in-foreground', '--pid-file', '--log-facility=-'];
    server = start(DNSMASQ ?? '', args);
    await until(async () => (await codeOf('localhost')) !== 'ECONNREFUSED', 'dnsmasq to answer');
  }

  const codeOf = (name: string): Promise<string> =>
    resolver.resolve4(name).then(
      () => 'found',
      ({ code }) => code,
    );

  test('resolves declared names, and follows a change without a restart', async () => {
    expect(await convergeStep(manager, host, wanted(partOf(named('web'), 'dns')))).toMatchObject({ outcome: 'done' });
    expect(await resolver.resolve4('web.example.internal')).toEqual(['10.0.0.7']);
    expect(await resolver.resolve4('app.example.internal')).toEqual(['10.0.0.7']);
    expect(await resolver.reverse('10.0.0.7')).toEqual(['web.example.internal']);
    expect(await codeOf('below.web.example.internal')).toBe('ENOTFOUND');
    expect(await codeOf('nobody.example.internal')).toBe('ENOTFOUND');
    expect(starts).toBe(1);

    const { actions } = await convergeStep(manager, host, wanted(partOf(named('site'), 'dns')));
    expect(actions.map(({ summary }) => summary)).toEqual(['write the names of the guests']);
    await until(async () => (await codeOf('site.example.internal')) === 'found', 'the new name');
    await until(async () => (await codeOf('web.example.internal')) === 'ENOTFOUND', 'the old name to go');
    expect(starts).toBe(1);
  });

  test('settings that dnsmasq refuses never take the place of those that serve', async () => {
    const [first, other] = [partOf(named('web'), 'dns'), partOf(named('web', ['1.1.1.1']), 'dns')];
    await convergeStep(manager, host, wanted(first));
    const served = await host.read(STATIC);
    // dnsmasq listens on no address that names its interface.
    const spec = { ...other.spec, address: 'fe80::1%eth0' };
    expect(await convergeStep(manager, host, wanted({ ...other, spec }))).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('error at line'),
    });
    expect(await host.read(STATIC)).toBe(served);
    expect(starts).toBe(1);
    expect(await resolver.resolve4('web.example.internal')).toEqual(['10.0.0.7']);
    expect(await convergeStep(manager, host, wanted(other))).toMatchObject({ outcome: 'done' });
    expect(starts).toBe(2);
  });
});
