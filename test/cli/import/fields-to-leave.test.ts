// Which fields of an imported guest are left, and how often it is asked for: each question loads the whole configuration.

import { expect, test } from 'vitest';
import { leaveFields } from '../../../src/cli/import/fields-to-leave.ts';
import { countedJudge, LARGE_ENTRY } from './counted-judge.ts';

/** What differs, whether it is named as in the file, what is left, and the most questions. */
test.each<[readonly string[], 'named' | 'otherwise', readonly string[], number]>([
  [['field7'], 'named', ['field7'], 1],
  [['network_config.vlan'], 'named', ['network_config.vlan'], 5],
  [['field7', 'options.foo.a'], 'named', ['field7', 'options.foo.a'], 6],
  [['field0'], 'otherwise', ['field0'], 8],
  [['options.cpu'], 'otherwise', ['options.cpu'], 9],
  [['disks.1.bus'], 'otherwise', ['disks.1.bus'], 10],
])('of %j, %s, %j is left', async (different, how, left, most) => {
  const { judge, whole, asked } = countedJudge(different, how);
  const reduced = await leaveFields(LARGE_ENTRY, whole, judge);
  expect(reduced?.left.map((way) => way.join('.')).toSorted()).toEqual(left);
  expect(asked()).toBeLessThanOrEqual(most);
});

test('a guest that differs in what it must have is not reduced', async () => {
  const { judge, whole } = countedJudge(['name'], 'named');
  expect(await leaveFields(LARGE_ENTRY, whole, judge)).toBeNull();
});
