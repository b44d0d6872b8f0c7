// Which fields of an imported guest are left, and how often it is asked for: each question loads the whole configuration.

import { expect, test } from 'vitest';
import { type Judged, leaveFields } from '../../../src/cli/import/fields-to-leave.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import { countedJudge, LARGE_ENTRY } from './counted-judge.ts';

/** What differs, whether it is named as in the file, what is left, and the most questions. */
test.each<[readonly string[], 'named' | 'otherwise', readonly string[], number]>([
  [['field7'], 'named', ['field7'], 1],
  [['network_config.vlan'], 'named', ['network_config.vlan'], 5],
  [['field7', 'options.foo.a'], 'named', ['field7', 'options.foo.a'], 7],
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

test('a field that differs only because of another one is not left, though it is the one that is named', async () => {
  const entry = { vmid: 1001, options: { args: '-x' }, machine: 'q35' };
  const judged = (asked: JsonObject): Judged => {
    const follows = JSON.stringify(asked['options']) === JSON.stringify(entry.options);
    const fields = 'machine' in asked ? ['on-host-machine', ...(follows ? ['options.args'] : [])] : [];
    return { same: fields.length === 0, fields, reason: null };
  };
  const reduced = await leaveFields(entry, judged(entry), async (asked) => judged(asked));
  expect(reduced).toEqual({ entry: { vmid: 1001, options: { args: '-x' } }, left: [['machine']] });
});
