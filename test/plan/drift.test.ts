// Which drift is healed, which fields are ignored, and when healing is tried again after a failure.

import { expect, test } from 'vitest';
import type { DriftPolicy } from '../../src/model/drift.ts';
import type { TargetId } from '../../src/model/ids.ts';
import type { Outcome, Run, StepRecord } from '../../src/model/run.ts';
import { driftActionOf, ignoredFields, targetsToHeal } from '../../src/plan/drift.ts';

const [A, B] = ['lxc/101', 'vm/1001'] as TargetId[] as [TargetId, TargetId];
const POLICY: DriftPolicy = {
  action: 'report',
  rules: [
    { for: ['lxc', 'vm'], action: 'heal', ignore: ['memory_mb'] },
    { for: [B], action: 'report', ignore: [] },
    { for: [A], action: null, ignore: ['cores'] },
  ],
};

const self = (field: string) => [field];

test('the last matching rule decides, and the ignored fields of all rules add up', () => {
  expect([A, B, 'hypervisor/dns' as TargetId].map((id) => driftActionOf(POLICY, id))).toEqual([
    'heal',
    'report',
    'report',
  ]);
  expect([ignoredFields(POLICY, A, [], self), ignoredFields(POLICY, B, [], self)]).toEqual([
    ['memory_mb', 'cores'],
    ['memory_mb'],
  ]);
  const change = { path: '/lxc_configs/101/memory_mb', before: 1, after: 2, file: 'etc/phoenix_lxc_configs.json' };
  expect(ignoredFields(POLICY, A, [change], self)).toEqual(['cores']);
  const keysOf = (field: string) => (field === 'cores' ? ['memory_mb'] : [field]);
  expect(ignoredFields(POLICY, A, [change], keysOf)).toEqual([]);
});

test('drift is healed once; after a failure again in an hour or with another commit', () => {
  const step = (target: TargetId, outcome: Outcome | null, would = 1): StepRecord => ({
    ...{ target, outcome, verb: 'update', impact: 'live', reason: null, attempts: 1, started: '', ended: '' },
    actions: Array.from({ length: would }, () => ({ summary: 'x', exit: null, ms: 0 })),
  });
  const look = { commit: 'a', steps: [step(A, 'failed'), step(B, 'failed')] };
  const at = (minutes: number, outcome: Outcome | null, commit = 'a') => {
    const heal: Pick<Run, 'steps' | 'ended' | 'commit'> = {
      commit,
      ended: outcome === null ? null : '2026-01-01T00:00:00.000Z',
      steps: [step(A, outcome)],
    };
    const now = new Date(Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000);
    return targetsToHeal(POLICY, { driftRun: look, declared: new Set([A, B]), heals: [heal], now });
  };
  expect(at(0, 'applied')).toEqual([A]);
  expect([at(0, null), at(59, 'failed'), at(60, 'failed'), at(0, 'failed', 'b')]).toEqual([[], [], [A], [A]]);
  const unknown = {
    driftRun: { ...look, steps: [step(A, 'failed', 0)] },
    declared: new Set([A]),
    heals: [],
    now: new Date(),
  };
  expect([
    targetsToHeal(POLICY, unknown),
    targetsToHeal(POLICY, { ...unknown, driftRun: look, declared: new Set() }),
  ]).toEqual([[], []]);
});
