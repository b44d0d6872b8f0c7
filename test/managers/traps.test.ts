// Pitfalls of Proxmox and mistakes of operators, each tried on a lab host.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lxc } from '../../src/managers/lxc/manager.ts';
import type { Manager } from '../../src/managers/manager.ts';
import { vm } from '../../src/managers/vm/manager.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';
import { convergeStep, type End } from './carry-out.ts';
import { type Asked, container, feature, gone, IMAGE, machine, targetOf, wanted } from './guests.ts';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
});
afterEach(() => host.close());

const apply = (ask: Asked): Promise<End> =>
  convergeStep((ask.target.startsWith('lxc/') ? lxc : vm) as Manager, host, ask);

async function done(ask: Asked): Promise<End> {
  const end = await apply(ask);
  expect(end).toMatchObject({ outcome: 'done' });
  return end;
}

const run = (program: string, ...args: string[]) => host.run({ kind: 'command', program, args, timeoutSeconds: 10 });
const verbs = () => host.commands.map((line) => line.split(' ').slice(0, 2).join(' '));

describe('the number of commands', () => {
  test('creating a container from a template file takes three commands, and one that checks for the file', async () => {
    await done(wanted(targetOf(container(101))));
    expect(verbs()).toEqual(['test -f', 'pct create', 'pct start', 'pct status']);
  });

  test('a clone takes four, and its scripts beside them', async () => {
    const template = container(900, {
      startState: 'stopped',
      templateSnapshot: 'final-form',
      features: [feature('base')],
    });
    await done(wanted(targetOf(template)));
    host.forget();
    const clone = { cloneFrom: 900, storageSizeGb: 8, features: [feature('base'), feature('web')] };
    await done(wanted(targetOf(template, container(101, clone))));
    expect(verbs().filter((verb) => verb !== 'pct exec')).toEqual(['pct clone', 'pct set', 'pct resize', 'pct start']);
    // What the template installed is not installed again: one look, one script, one look.
    expect(verbs().filter((verb) => verb === 'pct exec')).toHaveLength(3);
    expect(host.inputs).toHaveLength(1);
    expect(host.inputs[0]).toContain("export SCRIPT_NAME='web'");
  });

  test('a clone without scripts and growth takes four', async () => {
    const template = container(900, { startState: 'stopped', templateSnapshot: 'final-form' });
    await done(wanted(targetOf(template)));
    host.forget();
    await done(wanted(targetOf(template, container(101, { cloneFrom: 900 }))));
    expect(verbs()).toEqual(['pct clone', 'pct set', 'pct start', 'pct status']);
  });

  test('an inventory takes one, however many guests there are', async () => {
    const counts: number[] = [];
    for (const guests of [[101], [102, 103, 104, 105]]) {
      for (const id of guests) await done(wanted(targetOf(container(id))));
      host.forget();
      await lxc.inventory(host);
      counts.push(host.commands.length);
    }
    expect(counts).toEqual([1, 1]);
  });
});

describe('success is not what a program says', () => {
  test('a change that was written though the command failed is not sent again', async () => {
    await done(wanted(targetOf(container(101))));
    host.instead = (line) =>
      line.startsWith('pct set') ? { exit: 2, stderr: "bridge 'vmbr9' does not exist" } : undefined;
    const change = wanted(targetOf(container(101, { memory_mb: 1024 })));
    expect(await apply(change)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('vmbr9') });
    host.instead = () => undefined;
    const conf = await host.read('/etc/pve/lxc/101.conf');
    await host.write('/etc/pve/lxc/101.conf', conf.replace('memory: 512', 'memory: 1024'));
    expect(await apply(change)).toEqual({ outcome: 'done', actions: [] });
  });

  test('a resize that ends with 0 and did nothing is found out', async () => {
    await done(wanted(targetOf(machine(1001))));
    host.instead = (line) =>
      line.startsWith('qm disk resize') ? { stderr: 'shrinking disks is not supported' } : undefined;
    expect(await apply(wanted(targetOf(machine(1001, { diskSizeGb: 20 }))))).toMatchObject({ outcome: 'failed' });
  });

  test('a script that fails inside a VM fails, though qm ends with 0', async () => {
    await host.write('/lab.json', JSON.stringify({ guests: [{ match: 'sh -c', rc: 3, stderr: 'no network\n' }] }));
    const end = await apply(wanted(targetOf(machine(1001, { features: [feature('base')] }))));
    expect(end).toMatchObject({ outcome: 'failed', reason: 'install base in VM 1001: no network' });
  });

  test('a guest agent that does not answer is waited for, with a limit', async () => {
    await host.write('/lab.json', JSON.stringify({ agent: { 1001: false } }));
    const ask = wanted(targetOf(machine(1001, { features: [feature('base')] })));
    expect(await apply(ask)).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('guest agent of VM 1001'),
    });
    const decision = vm.decide(ask, await vm.observe(host, ask));
    expect(decision.kind === 'actions' && decision.actions).toMatchObject([
      { until: { times: 120, intervalSeconds: 5 } },
    ]);
    await host.write('/lab.json', '{}');
    await done(ask);
  });

  test('a pending change is brought into force by a restart, once', async () => {
    await done(wanted(targetOf(container(101))));
    await run('pct', 'set', '101', '--features', 'nesting=1');
    expect(await host.read('/etc/pve/lxc/101.conf')).toContain('[pve:pending]');
    await done(wanted(targetOf(container(101, { pctFeatures: { nesting: '1' } }))));
    expect(await host.read('/etc/pve/lxc/101.conf')).not.toContain('[pve:pending]');
  });

  test('an address of a VM that runs reaches it by a restart, also when a run was broken off before', async () => {
    const moved = machine(1001, { network: { ...machine(1001).network, ip: '10.0.0.99/24' } });
    await done(wanted(targetOf(machine(1001))));
    const killed = await convergeStep(vm as Manager, host, wanted(targetOf(moved)), 1);
    expect(killed.outcome).toBe('killed');
    host.forget();
    await done(wanted(targetOf(moved)));
    expect(verbs()).toEqual(['qm status', 'qm shutdown', 'qm start', 'qm set', 'qm status']);
  });
});

describe('volumes outlive their guest', () => {
  const volumes = [{ name: 'data', storage: 'rpool', sizeGb: 2, mountPoint: '/data' }];
  const guest = targetOf(container(101, { volumes }));
  const volumeOf = async () => /mp\d+: (\S+?),/.exec(await host.read('/etc/pve/lxc/101.conf'))?.[1];

  test('when it is destroyed, and a recreated guest gets them back', async () => {
    await done(wanted(guest));
    const volume = await volumeOf();
    await done(gone(guest, { approved: true }));
    expect((await run('pvesm', 'list', 'rpool', '--vmid', '101')).stdout).toContain(volume);
    await done(wanted(guest));
    expect(await volumeOf()).toBe(volume);
    expect((await run('pvesm', 'list', 'rpool', '--vmid', '101')).stdout.match(/rpool:/g)).toHaveLength(2);
  });

  test('when it has to be recreated', async () => {
    await done(wanted(guest));
    const volume = await volumeOf();
    await done(wanted(targetOf(container(101, { volumes, unprivileged: false })), { approved: true }));
    expect(await volumeOf()).toBe(volume);
    expect(await host.read('/etc/pve/lxc/101.conf')).not.toContain('unprivileged: 1');
  });
});

describe('manual changes', () => {
  test('is brought back where it was declared, and left where it was not', async () => {
    await done(wanted(targetOf(container(101))));
    await run('pct', 'set', '101', '--memory', '2048', '--timezone', 'host', '--mp7', '/srv/x,mp=/x');
    await done(wanted(targetOf(container(101))));
    const conf = await host.read('/etc/pve/lxc/101.conf');
    expect(conf).toContain('memory: 512');
    expect(conf).toContain('mp7: /srv/x,mp=/x');
  });

  test('an adopted guest is managed like any other', async () => {
    await run('qm', 'create', '1001', '--name', 'old', '--scsi0', 'rpool:8', '--agent', '1');
    const target = targetOf(machine(1001));
    expect(await apply(wanted(target))).toMatchObject({ outcome: 'refused' });
    await done(wanted(target, { adopt: true }));
    expect(await apply(wanted(target))).toEqual({ outcome: 'done', actions: [] });
  });

  test('a firewall file of somebody else holds the guest back until it is adopted', async () => {
    const rules = { enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [] } as const;
    await host.write('/etc/pve/firewall/101.fw', '[OPTIONS]\nenable: 0\n');
    const target = targetOf(container(101, { firewall: rules }));
    expect(await apply(wanted(target))).toMatchObject({ outcome: 'refused', actions: [] });
    await done(wanted(target, { adopt: true }));
    expect(await host.read('/etc/pve/firewall/101.fw')).toContain('enable: 1');
  });

  test('a glance does not trust a state that may be old', async () => {
    const target = targetOf(container(101));
    await done(wanted(target));
    await run('pct', 'stop', '101');
    expect(lxc.quickCheck(await lxc.inventory(host), wanted(target, { before: target.spec }))).toBeNull();
  });

  test('nor scripts of which nothing was proved', async () => {
    const target = targetOf(container(101, { features: [feature('base')] }));
    await done(wanted(target));
    const inventory = await lxc.inventory(host);
    expect(lxc.quickCheck(inventory, wanted(target))).toBeNull();
    expect(lxc.quickCheck(inventory, wanted(target, { before: target.spec }))).not.toBeNull();
  });
});

describe('the way back', () => {
  const target = targetOf(container(101));
  const changed = wanted(targetOf(container(101, { pctFeatures: { nesting: '1' } })), { before: target.spec });

  async function rollbackFor(ask: Asked) {
    const seen = await lxc.observe(host, ask);
    const decision = lxc.decide(ask, seen);
    const way = decision.kind === 'actions' ? lxc.rollback(ask, seen, decision.actions) : null;
    if (way !== null && 'noRollback' in way) throw new Error(way.noRollback);
    return way;
  }

  async function all(actions: readonly { do: unknown; failure?: 'observe' }[]): Promise<void> {
    for (const { do: command, failure } of actions) {
      const { exit } = await host.run(command as never);
      if (failure === undefined) expect(exit).toBe(0);
    }
  }

  test('a restart is guarded by a snapshot, from which the guest comes back as it was', async () => {
    await done(wanted(target));
    const before = await host.read('/etc/pve/lxc/101.conf');
    const way = await rollbackFor(changed);
    await all(way?.snapshot ?? []);
    await done(changed);
    await all(way?.restore ?? []);
    expect((await host.read('/etc/pve/lxc/101.conf')).replace(/parent: .*\n/, '')).toBe(before);
    expect(await apply(wanted(target))).toEqual({ outcome: 'done', actions: [] });
  });

  test('snapshots that the failed change took are not in its way, as ZFS would have it', async () => {
    const old = targetOf(container(101, { features: [feature('base')] }));
    await done(wanted(old));
    const before = await host.read('/etc/pve/lxc/101.conf');
    const more = { features: [feature('base'), feature('web')], lifecycleSnapshots: true };
    const ask = wanted(targetOf(container(101, more)), { before: old.spec });
    const way = await rollbackFor(ask);
    await all(way?.snapshot ?? []);
    await done(ask);
    const names = (text: string) => [...text.matchAll(/^\[(.*)\]$/gm)].map(([, name]) => name);
    expect(names(await host.read('/etc/pve/lxc/101.conf'))).toEqual(['final-form', 'phoenix-before', 'pre-configured']);
    // A rollback of an interrupted run does the same: the host shows what was done after it.
    expect((await rollbackFor(ask))?.restore).toHaveLength((way?.restore ?? []).length);
    await all(way?.restore ?? []);
    expect((await host.read('/etc/pve/lxc/101.conf')).replace(/parent: .*\n/, '')).toBe(before);
  });

  test('a snapshot that a person took since is never removed for it', async () => {
    const guest = targetOf(container(101, { lifecycleSnapshots: true }));
    await done(wanted(guest));
    await run('pct', 'snapshot', '101', 'phoenix-before');
    await run('pct', 'snapshot', '101', 'of_mine');
    const ask = wanted(targetOf(container(101, { lifecycleSnapshots: true, pctFeatures: { nesting: '1' } })));
    const removed = ((await rollbackFor(ask))?.restore ?? []).filter(({ summary }) => summary.startsWith('remove'));
    expect(removed.map(({ summary }) => summary)).toEqual(['remove snapshot phoenix-before of container 101']);
  });

  test('a snapshot that a broken-off run left is used, not replaced', async () => {
    await done(wanted(target));
    await all((await rollbackFor(changed))?.snapshot ?? []);
    expect((await rollbackFor(changed))?.snapshot).toEqual([]);
    await all((await rollbackFor(changed))?.discard ?? []);
    expect((await rollbackFor(changed))?.snapshot).toHaveLength(1);
  });

  test('the scripts of a guest that is being made are not guarded, those of one that was are', async () => {
    const guest = (names: readonly string[]) => targetOf(machine(1001, { features: names.map(feature) }));
    const guard = async (ask: Asked) => {
      const seen = await vm.observe(host, ask);
      const decision = vm.decide(ask, seen);
      return decision.kind === 'actions' ? vm.rollback(ask, seen, decision.actions) : null;
    };
    await done(wanted(targetOf(machine(1001))));
    expect(await guard(wanted(guest(['base'])))).toBeNull();
    expect(await guard(wanted(guest(['base']), { before: targetOf(machine(1001)).spec }))).not.toBeNull();
  });

  test('a VM that becomes a template has none, which would be in its way', async () => {
    const template = targetOf(machine(9000, { isTemplate: true, features: [feature('base')] }));
    await convergeStep(vm as Manager, host, wanted(template), 5);
    const ask = wanted(template, { before: template.spec });
    const seen = await vm.observe(host, ask);
    const decision = vm.decide(ask, seen);
    expect(decision.kind === 'actions' && decision.actions.map(({ summary }) => summary)).toContain(
      'shut VM 9000 down',
    );
    expect(decision.kind === 'actions' && vm.rollback(ask, seen, decision.actions)).toBeNull();
  });

  test('no way back is prepared for a harmless change, and a way back that is impossible is reported', async () => {
    await done(wanted(target));
    expect(await rollbackFor(wanted(targetOf(container(101, { memory_mb: 1024 }))))).toBeNull();
    const mount = { hostPath: '/srv/x', containerPath: '/x', ownerUid: null, ownerGid: null, readOnly: false };
    await done(wanted(targetOf(container(102, { mountPoints: [mount] }))));
    const risky = container(102, { mountPoints: [mount], pctFeatures: { nesting: '1' } });
    await expect(rollbackFor(wanted(targetOf(risky)))).rejects.toThrow('/x is /srv/x of the host');
  });
});

describe('health', () => {
  const check = {
    script: null,
    argv: ['systemctl', 'is-active', 'web'],
    retries: 2,
    intervalSeconds: 3,
    timeoutSeconds: 9,
  };

  test('runs inside, by arguments and not by a shell', () => {
    const probe = lxc.health(wanted(targetOf(container(101, { healthCheck: check }))));
    expect(probe).toMatchObject({
      retries: 2,
      intervalSeconds: 3,
      command: { args: ['exec', '101', '--keep-env', '0', '--', 'systemctl', 'is-active', 'web'], timeoutSeconds: 9 },
    });
    expect(vm.health(wanted(targetOf(machine(1001, { healthCheck: check }))))).toMatchObject({
      command: { answer: 'guest-exec', args: ['guest', 'exec', '1001', '--timeout', '9', '--', ...check.argv] },
    });
  });

  test('a script comes by its content', () => {
    const script = { path: 'bin/check.sh', blob: feature('x').blob };
    const probe = lxc.health(wanted(targetOf(container(101, { healthCheck: { ...check, script, argv: ['a b'] } }))));
    expect(probe?.command).toMatchObject({ stdin: { from: 'blob', blob: script.blob } });
    expect(probe?.command).toMatchObject({ args: expect.arrayContaining(['/bin/sh', '-s', '--', 'a b']) });
  });

  test('does not run for a stopped guest', () => {
    expect(lxc.health(wanted(targetOf(container(101, { healthCheck: check, startState: 'stopped' }))))).toBeNull();
    expect(lxc.health(wanted(targetOf(container(101))))).toBeNull();
  });
});
