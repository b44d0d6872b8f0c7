// Custom CPU models: the contract of managers, and VMs that name one.

import { expect, test } from 'vitest';
import { managerOf } from '../../../../src/managers/index.ts';
import { CPU_MODELS_FILE, customModelOf } from '../../../../src/proxmox/guests/cpu-models.ts';
import { openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, IMAGE, machine, targetOf, wanted } from '../../guests.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const model = (options: object) => targetNamed('cpu/mine', { cpu_models: { mine: options } });
const MINE = { 'reported-model': 'EPYC', flags: '+aes;-pcid', 'phys-bits': 'host' };

testContract(kindNamed('cpu'), [
  {
    name: 'a CPU model',
    open: () => openLabHost(),
    target: model(MINE),
    changed: model({ 'reported-model': 'host', hidden: true, level: 30 }),
    state: (host) => host.readFile(CPU_MODELS_FILE),
  },
]);

test.each([
  ['a field of the CPU', { cpu_type: 'custom-mine' }],
  ['an option of Proxmox', { options: { cpu: { cputype: 'custom-mine', hidden: '1' } } }],
])('a VM waits for the model that %s names, and the model stays while a VM has it', async (_, own) => {
  const host = await openLabHost();
  await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
  const vm = targetOf(machine(1001, { templateImage: IMAGE, startState: 'stopped', ...own }));
  expect(vm.needs).toContain('cpu/mine');
  expect(await convergeStep(managerOf('vm'), host, wanted(vm))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('CPU model mine of VM 1001 is not on the host; declare it in cpu_models'),
  });
  expect(host.commands.filter((command) => command.startsWith('qm create'))).toEqual([]);
  expect(await convergeStep(kindNamed('cpu'), host, wanted(model(MINE)))).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(managerOf('vm'), host, wanted(vm))).toMatchObject({ outcome: 'done' });
  expect(await host.read('/etc/pve/qemu-server/1001.conf')).toMatch(/^cpu: .*custom-mine/m);
  expect(await convergeStep(managerOf('vm'), host, wanted(vm))).toEqual({ outcome: 'done', actions: [] });
  const away = await convergeStep(
    kindNamed('cpu'),
    host,
    gone(model(MINE), { approved: true, before: model(MINE).spec }),
  );
  expect(away).toMatchObject({ reason: expect.stringContaining('VM 1001 still names it') });
  await host.close();
});

test('a model that others made and that is not as declared stays as it is', async () => {
  const host = await openLabHost();
  const theirs = 'cpu-model: mine\n\treported-model kvm64\n\n';
  await host.write(CPU_MODELS_FILE, theirs);
  expect(await convergeStep(kindNamed('cpu'), host, wanted(model(MINE)))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('phoenix adopt cpu/mine'),
  });
  expect(await host.read(CPU_MODELS_FILE)).toBe(theirs);
  await host.close();
});

test('a CPU of QEMU names no model', () => {
  expect(
    ['host', 'cputype=EPYC,flags=+aes', 'custom-mine,hidden=1', 'hidden=1,cputype=custom-a'].map(customModelOf),
  ).toEqual([...[null, null, 'mine', 'a']]);
});

test.each([
  ['without the CPU that it is', { mine: {} }, '/cpu_models/mine/reported-model'],
  ['by the prefix', { 'custom-mine': MINE }, '/cpu_models/custom-mine'],
  ['with flags that are none', { mine: { ...MINE, flags: 'aes' } }, '/cpu_models/mine/flags'],
])('a model %s is refused at its line', (_, cpu_models, path) => {
  expect(problemsOf({ cpu_models })).toMatchObject([{ path }]);
});
