// How a plan shows a field that is added to the files or removed: its place, and null where nothing is declared.

import { expect, test } from 'vitest';
import type { Target } from '../../../src/model/target.ts';
import { diff } from '../../../src/plan/diff/diff.ts';
import { targetOfWritten } from './declared-guest.ts';

const MINIMAL_CONTAINER = {
  name: 'nas',
  memory_mb: 1024,
  storage_pool: 'local-lvm',
  storage_size_gb: 8,
  network_config: { ip: 'dhcp' },
};

function target(more: Record<string, unknown>): Target {
  const declared = targetOfWritten('lxc', 140, { ...MINIMAL_CONTAINER, ...more });
  if ('missing' in declared) throw new Error(declared.missing);
  return declared.target;
}

function fields(one: Target, other: Target) {
  return diff(new Map([[one.id, one]]), new Map([[other.id, other]])).flatMap((change) => change.fields);
}

test('each has its path, before and after', () => {
  const more = { swap_mb: 512, cores: 2, start_at_boot: false, unprivileged: true, state: 'unmanaged' };
  const network = { ip: 'dhcp', bridge: 'vmbr0', name: 'eth0', vlan: 5 };
  const added = fields(target({}), target({ ...more, network_config: network }));
  const said = [
    { path: '/cores', before: null, after: 2 },
    { path: '/network_config/bridge', before: null, after: 'vmbr0' },
    { path: '/network_config/name', before: null, after: 'eth0' },
    { path: '/network_config/vlan', before: null, after: 5 },
    { path: '/start_at_boot', before: null, after: false },
    { path: '/swap_mb', before: null, after: 512 },
    { path: '/unprivileged', before: null, after: true },
  ];
  expect(added).toEqual(said);
  const removed = fields(target({ ...more, network_config: network }), target({}));
  expect(removed).toEqual(said.map(({ path, before, after }) => ({ path, before: after, after: before })));
});

test('nothing that is not declared is a change', () => {
  expect(fields(target({}), target({ tags: [], pct_options: [], lxc_options: [], mount_points: [] }))).toEqual([]);
});
