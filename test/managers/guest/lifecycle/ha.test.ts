// A guest that HA manages is started and shut down by HA, some time after it was asked for: what follows waits for it.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { guestPower } from '../../../../src/managers/guest/lifecycle/power.ts';
import { lxc } from '../../../../src/managers/lxc/manager.ts';
import type { Manager } from '../../../../src/managers/manager.ts';
import { vm } from '../../../../src/managers/vm/manager.ts';
import { type LabHost, openLabHost } from '../../../support/lab-host.ts';
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
