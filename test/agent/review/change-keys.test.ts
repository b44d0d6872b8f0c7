// The key by which an approval before the merge is bound to one change: the same change has the same key in every plan, any other change another
// one.

import { expect, test } from 'vitest';
import { mergeToApprove } from '../../../src/agent/review/approve.ts';
import { changeKeys } from '../../../src/agent/review/change-keys.ts';
import { type CommitSha, targetId } from '../../../src/model/ids.ts';
import type { Plan, PlanStep } from '../../../src/model/plan.ts';

const T = targetId('lxc', 105);

function plan(changes: Partial<PlanStep> = {}): Plan {
  const fields = [{ path: '/rootfs', before: { size: 8, storage: 'a' }, after: { size: 4, storage: 'b' } }];
  const shared = { target: T, kind: 'lxc', verb: 'update', impact: 'recreate', needs: [], wave: 1 } as const;
  return {
    from: null,
    to: 'x',
    steps: [{ ...shared, approval: true, approvals: 1, protected: false, changes: fields, ...changes }],
  };
}

test('an approval before the merge is for one change, at any place in the plan', () => {
  const key = changeKeys(plan()).get(T);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  const reordered = [{ path: '/rootfs', before: { storage: 'a', size: 8 }, after: { storage: 'b', size: 4 } }];
  expect(changeKeys(plan({ wave: 4, needs: [targetId('lxc', 1)], changes: reordered })).get(T)).toBe(key);
});

test.each([
  ['another cost', { impact: 'destroy' as const }],
  ['another verb', { verb: 'delete' as const }],
  [
    'another value',
    { changes: [{ path: '/rootfs', before: { size: 8, storage: 'a' }, after: { size: 4, storage: 'c' } }] },
  ],
  ['one field more', { changes: [...(plan().steps[0]?.changes ?? []), { path: '/x', before: undefined, after: 1 }] }],
])('%s is another change', (_, changes) => {
  expect(changeKeys(plan(changes)).get(T)).not.toBe(changeKeys(plan()).get(T));
});

test('a change that needs no approval, or cannot be approved, has no key', () => {
  expect(changeKeys(plan({ approval: false })).size).toBe(0);
  expect(changeKeys(plan({ protected: true })).size).toBe(0);
});

const MERGE = 'a'.repeat(40) as CommitSha;
const PULL = { number: 7, open: true, base: 'main', mergedAs: null };

test.each<readonly [when: string, pull: Parameters<typeof mergeToApprove>[0], isRun: boolean, counts: unknown]>([
  ['before the merge', PULL, false, null],
  ['after the merge and before its run', { ...PULL, open: false, mergedAs: MERGE }, false, null],
  ['while its run waits', { ...PULL, open: false, mergedAs: MERGE }, true, MERGE],
  ['after it was closed', { ...PULL, open: false }, false, /^#7 was closed/],
  ['for another branch', { ...PULL, base: 'trunk' }, false, /trunk/],
])('an approval %s counts for what its pull request showed then, or is refused', (_, pull, isRun, counts) => {
  const approve = () => mergeToApprove(pull, 'main', isRun);
  if (counts instanceof RegExp) expect(approve).toThrow(counts);
  else expect(approve()).toBe(counts);
});
