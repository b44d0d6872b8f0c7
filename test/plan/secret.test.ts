// Plans show neither secrets nor their references, and compare references as single values.

import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/json.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { hideSecrets } from '../../src/plan/secret.ts';
import { target, targetMap } from './targets.ts';

function shown(before: JsonObject, after: JsonObject) {
  const made = makePlan({
    from: 'a',
    to: 'b',
    before: targetMap(target('vm/1', before)),
    after: targetMap(target('vm/1', after)),
    impact: () => 'live',
  });
  if (made.kind !== 'plan') throw new Error('ring');
  return hideSecrets(made.plan).steps.flatMap((step) => step.changes);
}

test('a reference is compared as one value, and neither it nor a literal secret is shown', () => {
  expect(shown({ user: { key: { $secret: 'env:A' } } }, { user: { key: { $secret: 'env:B' } } })).toEqual([
    { path: '/user/key', before: '‹secret›', after: '‹secret›' },
  ]);
  expect(shown({ user: { key: { $plain: 'hunter2' } } }, {})).toEqual([
    { path: '/user', before: { key: '‹secret›' }, after: undefined },
  ]);
});

test('a literal under a secret’s name is hidden at any depth and in lists', () => {
  const after = { env: [{ name: 'a', DATABASE_PASSWORD: 'hunter2' }], apiToken: ['hunter2'], passwordHash: '' };
  expect(JSON.stringify(shown({}, after))).not.toContain('hunter2');
  expect(shown({}, after)).toContainEqual({ path: '/passwordHash', before: undefined, after: '' });
});

test('other values are shown unchanged', () => {
  expect(shown({ name: 'a', n: 1 }, { name: 'b', n: null })).toEqual([
    { path: '/n', before: 1, after: null },
    { path: '/name', before: 'a', after: 'b' },
  ]);
});
