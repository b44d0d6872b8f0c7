// Which steps of a run may start after which outcomes, so that every run ends and no step starts before what it needs.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TargetId } from '../../../src/model/ids.ts';
import type { Outcome } from '../../../src/model/run.ts';
import { ready } from '../../../src/plan/order/ready.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { type Targets, target, targetMap, targets } from '../targets.ts';

function planOf(after: Targets, before: Targets = new Map()) {
  const planned = makePlan({ from: null, to: 'b', before, after, impact: () => 'live' });
  if (planned.kind !== 'plan') throw new Error('ring');
  return planned.plan;
}

const outcome = fc.constantFrom<Outcome>('applied', 'unchanged', 'failed', 'blocked', 'superseded');

test('every run ends, and no step starts before everything that it needs has succeeded', () => {
  fc.assert(
    fc.property(targets, targets, fc.infiniteStream(outcome), fc.infiniteStream(fc.nat(20)), (a, b, ends, picks) => {
      const plan = planOf(b, a);
      const outcomes = new Map<TargetId, Outcome>();
      const running = new Set<TargetId>();
      for (let round = 0; ; round += 1) {
        expect(round).toBeLessThanOrEqual(3 * plan.steps.length + 1);
        const next = ready(plan, outcomes, running);
        if (next.done) break;
        for (const { target, because } of next.skip) {
          expect(outcomes.has(target) || running.has(target)).toBe(false);
          expect(['failed', 'blocked', 'superseded']).toContain(outcomes.get(because));
          outcomes.set(target, 'skipped');
        }
        for (const target of next.start) {
          expect(outcomes.has(target) || running.has(target)).toBe(false);
          for (const need of plan.steps.find((step) => step.target === target)?.needs ?? []) {
            expect(['applied', 'unchanged']).toContain(outcomes.get(need));
          }
          running.add(target);
        }
        const ended = [...running][(picks.next().value ?? 0) % running.size];
        if (ended !== undefined) {
          running.delete(ended);
          outcomes.set(ended, ends.next().value ?? 'applied');
        }
      }
      expect(outcomes.size).toBe(plan.steps.length);
    }),
    { numRuns: 500 },
  );
});

describe('ready', () => {
  const chain = planOf(
    targetMap(target('lxc/1'), target('lxc/2', {}, ['lxc/1']), target('lxc/3', {}, ['lxc/2']), target('lxc/4')),
  );
  const of = (entries: Record<string, Outcome>) => new Map(Object.entries(entries)) as Map<TargetId, Outcome>;

  test('starts steps without dependencies', () => {
    expect(ready(chain, of({}), new Set())).toEqual({ start: ['lxc/1', 'lxc/4'], skip: [], done: false });
  });

  test('names the step that failed as the cause, however far away it is', () => {
    expect(ready(chain, of({ 'lxc/1': 'failed' }), new Set(['lxc/4' as TargetId])).skip).toEqual([
      { target: 'lxc/2', because: 'lxc/1' },
      { target: 'lxc/3', because: 'lxc/1' },
    ]);
    expect(ready(chain, of({ 'lxc/1': 'blocked', 'lxc/2': 'skipped', 'lxc/4': 'applied' }), new Set()).skip).toEqual([
      { target: 'lxc/3', because: 'lxc/1' },
    ]);
  });

  test('is done only when every step has an outcome', () => {
    const almost = of({ 'lxc/1': 'applied', 'lxc/2': 'unchanged', 'lxc/3': 'failed' });
    expect(ready(chain, almost, new Set()).done).toBe(false);
    expect(ready(chain, almost.set('lxc/4' as TargetId, 'applied'), new Set())).toEqual({
      start: [],
      skip: [],
      done: true,
    });
  });

  test('an empty plan is done', () => {
    expect(ready(planOf(new Map()), of({}), new Set())).toEqual({ start: [], skip: [], done: true });
  });
});
