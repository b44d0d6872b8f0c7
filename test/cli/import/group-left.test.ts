// What an import does not write: one row per group with its size, and each item in the README.

import { expect, test } from 'vitest';
import { groupLeft } from '../../../src/cli/import/group-left.ts';
import { importText, nextSteps } from '../../../src/messages/setup/import.ts';

test('hundreds that are alike are one row with a count and examples, and what differs has a row of its own', () => {
  const alike = Array.from({ length: 300 }, (_, index) => ({
    what: `lxc/${100 + index} env DB_PASSWORD (/etc/pve/lxc/${100 + index}.conf)`,
    why: `"DB_PASSWORD" of ${100 + index} may be secret`,
  }));
  const other = {
    what: 'vm/900 env DB_PASSWORD (/etc/pve/qemu-server/900.conf)',
    why: '"DB_PASSWORD" of 900 may be secret',
  };
  const left = groupLeft([other, ...alike, { what: 'storage/old maxfiles', why: 'it cannot be declared' }, other]);
  expect(left.map(({ what, count }) => [what, count])).toEqual([
    ['lxc/100 env DB_PASSWORD (/etc/pve/lxc/100.conf) and 299 more alike', 300],
    ['vm/900 env DB_PASSWORD (/etc/pve/qemu-server/900.conf)', 1],
    ['storage/old maxfiles', 1],
  ]);
  expect(left[0]?.examples).toEqual(alike.slice(0, 5).map(({ what }) => what));
  const shown = importText({ out: 'home', files: [], targets: 0, commands: 4, secrets: [], left });
  expect(shown.split('\n')).toHaveLength(5 + 2 * 3 + 1);
  expect(shown).toContain(', and 295 more that are alike\n');
  const readme = nextSteps({ host: 'local', node: 'pve', secrets: [], left, stacks: [] });
  for (const { what } of alike) expect(readme.replaceAll('\\', '')).toContain(`  - ${what}`);
});
