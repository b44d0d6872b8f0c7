// Policies and approvals for tests, fixed and random.

import fc from 'fast-check';
import { type TargetId, targetId } from '../../src/model/ids.ts';
import type { Impact, PlanStep } from '../../src/model/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/model/policy.ts';

export const GUEST = targetId('lxc', 101);

export function policy(changes: Partial<Policy> = {}): Policy {
  return { ...DEFAULT_POLICY, ...changes };
}

export function step(impact: Impact, approvals: number, target: TargetId = GUEST): PlanStep {
  const plain = { kind: 'lxc', verb: 'update', needs: [], wave: 1, protected: false } as const;
  return { target, ...plain, impact, approvals, approval: approvals > 0, changes: [] };
}

export function by(...names: readonly string[]) {
  return names.map((name) => ({ target: GUEST, by: name, at: '2026-01-02T03:04:05.000Z' }));
}

const NAMES = ['ada', 'Ada', 'bob', 'eve', 'bob@example.org'];
const count = fc.nat(3);

export const anyPolicy: fc.Arbitrary<Policy> = fc.record({
  approvals: fc.record({ destroy: count, recreate: count, restart: count, live: count }),
  approvers: fc.option(fc.subarray(NAMES, { minLength: 1 })),
  maxDeletePercent: fc.option(fc.integer({ min: 0, max: 100 })),
  protected: fc.subarray(['101', 'lxc/101', 'vm/1001']),
  applyWindows: fc.constant([]),
  signedCommits: fc.constantFrom('off', 'head', 'all'),
});

export const anyNames = fc.array(fc.constantFrom(...NAMES), { maxLength: 6 });
