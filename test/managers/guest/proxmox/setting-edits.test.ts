// A number that somebody wrote in another way counts by its value, where Proxmox reads it. What Proxmox does not read is set anew: it drops such a line,
// or the whole property string, with a warning. (qemu-server, PVE/QemuServer.pm, and pve-container, PVE/LXC/Config.pm, check_type)

import { expect, test } from 'vitest';
import { plainSetting, propertySetting } from '../../../../src/managers/guest/proxmox/setting-edits.ts';
import { SETTINGS } from '../../../../src/managers/guest/settings/settings.ts';
import { usedAs } from '../../../../src/managers/vm/drives/find-drives.ts';

test.each([
  ['cores', '02', '2', true],
  ['cores', '2.0', '2', false],
  ['cores', '+2', '2', false],
  ['cores', '2e0', '2', false],
  ['swap', '5.12e2', '512', false],
  ['cpulimit', '2.50', '2.5', true],
  ['cpulimit', '.5', '0.5', false],
  ['cpulimit', '1e0', '1', false],
  ['hostname', '02', '2', false],
])('%s: %s where %s is declared', (key, now, declared, isSame) => {
  const [setting] = plainSetting({ key, label: key, declared, before: null, fresh: false });
  expect(setting?.same(now)).toBe(isSame);
});

test.each([
  ['net0', 'queues=02', { queues: '2' }, true],
  ['net0', 'queues=2.0', { queues: '2' }, false],
  ['net0', 'rate=1e1', { rate: '10' }, true],
  ['startup', 'order=+3', { order: '3' }, true],
  ['startup', 'order=3.0', { order: '3' }, false],
])('%s: %s where %j is declared', (key, now, declared, isSame) => {
  const [setting] = propertySetting({ key, label: key, declared, before: {}, fresh: false });
  expect(setting?.same(now)).toBe(isSame);
});

test.each([
  ['a,mbps=100.50', { mbps: '100.5' }, 'a,mbps=100.50'],
  ['a,iops=010', { iops: '10' }, 'a,iops=010'],
  ['a,iops=10.0', { iops: '10' }, 'a,iops=10'],
])('the drive %s where %j is declared', (now, options, edited) => {
  expect(usedAs(now, options)).toBe(edited);
});

test('the settings that compare by number do so by the same rule', () => {
  const { cpulimit, cpuunits } = SETTINGS;
  expect(['1.50', '01.5', '1.5e0', ''].map(cpulimit.normal)).toEqual(['1.5', '1.5', '1.5e0', '0']);
  expect(['0100', '100.0', '1e2'].map(cpuunits.normal)).toEqual(['100', '100.0', '1e2']);
});
