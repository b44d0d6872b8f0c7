// A guest that HA manages is started and shut down by HA, some time after it was asked for: what follows waits for it.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { CarriedOut } from '../../../../src/agent/apply/rounds.ts';
import { guestPower } from '../../../../src/managers/guest/lifecycle/power.ts';
import { lxc } from '../../../../src/managers/lxc/manager.ts';
import type { Manager } from '../../../../src/managers/manager.ts';
import { vm } from '../../../../src/managers/vm/manager.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { container, machine, targetOf, wanted } from '../../guests.ts';

const HA = '/etc/pve/ha/resources.cfg';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

const sent = () => host.commands.filter((line) => /^(pct|qm) (start|shutdown|wait|set)|^lxc-wait|\.pid$/.test(line));

test('a container that is restarted is stopped and started by HA, and runs in the end', async () => {
  const before = targetOf(container(101));
  expect(await convergeStep(lxc as Manager, host, wanted(before))).toMatchObject({ outcome: 'done' });
  await host.write(HA, 'ct: 101\n\tcomment Of Ada\n\n');
  const target = targetOf(container(101, { pctFeatures: { nesting: '1' } }));
  const asked = wanted(target, { before: before.spec, approved: true });
  const already = sent().length;
  const end = await convergeStep(lxc as Manager, host, asked);
  expect(end).toMatchObject({ outcome: 'done' });
  const after = sent().slice(already);
  const stop = after.findIndex((line) => line.startsWith('pct shutdown 101'));
  expect(after.slice(stop, stop + 4)).toEqual([
    'pct shutdown 101 --forceStop 1 --timeout 120',
    'lxc-wait -n 101 -s STOPPED -t 300',
    'pct start 101',
    'lxc-wait -n 101 -s RUNNING -t 180',
  ]);
  expect(await host.read(HA)).toBe('ct: 101\n\tcomment Of Ada\n\tstate started\n\n');
  expect(await convergeStep(lxc as Manager, host, asked)).toEqual({ outcome: 'done', actions: [] });
});

test('a wait takes as long as the declared time limit of tasks lets the guest take', async () => {
  const target = targetOf(container(101, { taskTimeoutSeconds: 1800 }));
  await convergeStep(lxc as Manager, host, wanted(target));
  await host.write(HA, 'ct: 101\n\n');
  const seen = await lxc.observe(host, wanted(target));
  expect(lxc.power?.decide(wanted(target), 'restart', seen)).toMatchObject({
    actions: [
      { do: { args: ['shutdown', '101', '--forceStop', '1', '--timeout', '900'], timeoutSeconds: 1800 } },
      { do: { args: ['-n', '101', '-s', 'STOPPED', '-t', '1080'], timeoutSeconds: 1110 } },
      { do: { args: ['start', '101'], timeoutSeconds: 1800 } },
      { do: { args: ['-n', '101', '-s', 'RUNNING', '-t', '1800'], timeoutSeconds: 1830 } },
    ],
  });
});

test('in a rollback, the wait for the shutdown may fail as the shutdown may', async () => {
  const before = targetOf(container(101));
  await convergeStep(lxc as Manager, host, wanted(before));
  await host.write(HA, 'ct: 101\n\n');
  const asked = wanted(targetOf(container(101, { pctFeatures: { nesting: '1' } })), { before: before.spec });
  const seen = await lxc.observe(host, asked);
  const decision = lxc.decide(asked, seen);
  if (decision.kind !== 'actions') throw new Error(`it decides ${decision.kind}`);
  const way = lxc.rollback?.(asked, seen, decision.actions);
  if (way === undefined || way === null || 'noRollback' in way) throw new Error('there is no way back');
  const waits = way.restore.filter(({ do: what }) => what.kind === 'command' && what.program === 'lxc-wait');
  expect(waits.map(({ summary, failure }) => [summary, failure])).toEqual([
    ['wait until HA has shut container 101 down', 'observe'],
    ['wait until HA has started container 101', undefined],
  ]);
});

test('a step may start and stop a guest of HA twice', async () => {
  for (const [manager, target, entry] of [
    [lxc as Manager, targetOf(container(101)), 'ct: 101\n\n'],
    [vm as Manager, targetOf(machine(1001, { templateImage: null, empty: true, cloudInit: false })), 'vm: 1001\n\n'],
  ] as const) {
    await host.write(HA, '');
    await convergeStep(manager, host, wanted(target));
    await host.write(HA, entry);
    const decision = manager.power?.decide(wanted(target), 'restart', await manager.observe(host, wanted(target)));
    if (decision?.kind !== 'actions') throw new Error(`it decides ${decision?.kind}`);
    const done = new CarriedOut();
    done.add(decision.actions);
    expect(decision.actions).toHaveLength(4);
    expect(done.repeatedIn(decision.actions)).toBeUndefined();
  }
});

test('a guest that HA does not manage is not waited for', async () => {
  const target = targetOf(container(101));
  await convergeStep(lxc as Manager, host, wanted(target));
  expect(sent().filter((line) => line.startsWith('lxc-wait'))).toEqual([]);
});

test('a machine is waited for by its process', async () => {
  await host.write('lab.json', '{"haDelayMs": 0}');
  const target = targetOf(machine(1001, { templateImage: null, empty: true, cloudInit: false }));
  await convergeStep(vm as Manager, host, wanted(target));
  await host.write(HA, 'vm: 1001\n\n');
  const seen = await vm.observe(host, wanted(target));
  const decision = vm.power?.decide(wanted(target), 'restart', seen);
  expect(decision?.kind === 'actions' ? decision.actions : decision).toMatchObject([
    { do: { args: ['shutdown', '1001', '--forceStop', '1', '--timeout', '120'] } },
    { do: { program: 'qm', args: ['wait', '1001', '--timeout', '300'] } },
    { do: { args: ['start', '1001'] } },
    { do: { program: 'test', args: ['-f', '/run/qemu-server/1001.pid'] }, until: { times: 60, intervalSeconds: 3 } },
  ]);
  const bare = guestPower('qm').decide(wanted(target), 'restart', seen);
  expect(bare).toMatchObject({ actions: [expect.anything(), expect.anything()] });
});
