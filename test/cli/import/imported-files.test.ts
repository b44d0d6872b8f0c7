// The files of an import without what was removed from them.

import { expect, test } from 'vitest';
import { removeAt, withoutGaps } from '../../../src/cli/import/imported-files.ts';
import { LXC_FILE, VM_FILE } from '../../../src/managers/places.ts';
import type { JsonObject } from '../../../src/model/json.ts';

test('further interfaces keep their numbers where one of them goes, with its last field or as a whole', () => {
  const networks = () => [
    { bridge: '-bad' },
    { bridge: 'vmbr0', ip: '10.0.9.4/24' },
    {},
    { index: 7, bridge: 'vmbr1' },
  ];
  const files: Record<string, JsonObject> = {
    [LXC_FILE]: {
      lxc_configs: { '101': { name: 'a', networks: networks() }, '102': { name: 'b', networks: networks() } },
    },
    [VM_FILE]: { vms: [{ vmid: 1001, networks: networks() }] },
  };
  removeAt(files[LXC_FILE], ['lxc_configs', '101', 'networks', '0', 'bridge']);
  removeAt(files[VM_FILE], ['vms', '0', 'networks', '1']);
  const [, second, third, fourth] = networks();
  const containers = {
    '101': { name: 'a', networks: [{ index: 2, ...second }, { index: 3, ...third }, fourth] },
    '102': { name: 'b', networks: networks() },
  };
  const vms = [{ vmid: 1001, networks: [{ index: 1, bridge: '-bad' }, { index: 3, ...third }, fourth] }];
  expect(withoutGaps(files)).toEqual({ [LXC_FILE]: { lxc_configs: containers }, [VM_FILE]: { vms } });
});
