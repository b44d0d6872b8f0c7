// The plan between two commits: which targets are steps, their order, and which of them need an approval.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TargetId } from '../../src/model/ids.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { Change, Impact, Plan } from '../../src/model/plan.ts';
import type { Target } from '../../src/model/target.ts';
import { makePlan, summary } from '../../src/plan/plan.ts';
import { reordered, type Targets, target, targetMap, targets } from './targets.ts';

function planOf(before: Targets, after: Targets, impact: (change: Change) => Impact = () => 'live'): Plan {
  const planned = makePlan({ from: 'a', to: 'b', before, after, impact });
  if (planned.kind !== 'plan') throw new Error(`ring: ${planned.cycle.join(' ')}`);
  return planned.plan;
}

/** Everything that `id` needs directly or indirectly, without following the dependencies of targets of `ends`. */
function closure(all: Targets, id: TargetId, ends: ReadonlySet<TargetId> = new Set()): Set<TargetId> {
  const found = new Set<TargetId>();
  const visit = (at: TargetId) => {
    for (const need of all.get(at)?.needs ?? []) {
      if (all.has(need) && !found.has(need)) {
        found.add(need);
        if (!ends.has(need)) visit(need);
      }
    }
  };
  visit(id);
  return found;
}

describe('properties', () => {
  test('places each step after the steps that it needs, in a later wave', () => {
    fc.assert(
      fc.property(targets, targets, (a, b) => {
        const { steps } = planOf(a, b);
        const place = new Map(steps.map((step, index) => [step.target, index]));
        for (const [index, step] of steps.entries()) {
          for (const need of step.needs) {
            expect(place.get(need)).toBeLessThan(index);
            expect(steps[place.get(need) ?? -1]?.wave).toBeLessThan(step.wave);
          }
        }
      }),
    );
  });

  test('applies what a target needs before it, also through unchanged targets', () => {
    fc.assert(
      fc.property(targets, targets, (a, b) => {
        const { steps } = planOf(a, b);
        const place = new Map(steps.map((step, index) => [step.target, index]));
        for (const step of steps.filter((one) => one.verb !== 'delete')) {
          for (const need of closure(b, step.target)) {
            if (place.has(need)) expect(place.get(need)).toBeLessThan(place.get(step.target) ?? -1);
          }
        }
      }),
    );
  });

  test('applies the former dependants of a deleted target before its deletion', () => {
    fc.assert(
      fc.property(targets, targets, (a, b) => {
        const { steps } = planOf(a, b);
        const place = new Map(steps.map((step, index) => [step.target, index]));
        const updated = new Set(steps.filter((step) => step.verb === 'update').map((step) => step.target));
        for (const [id] of a) {
          for (const need of closure(a, id, updated)) {
            if (!place.has(id) || b.has(need)) continue;
            expect(place.get(id)).toBeLessThan(place.get(need) ?? -1);
          }
        }
      }),
    );
  });

  test('is independent of the order of targets and keys', () => {
    const shuffled = (all: Targets): Targets =>
      new Map(
        [...all]
          .reverse()
          .map(([id, one]): [TargetId, Target] => [
            id,
            { ...one, spec: reordered(one.spec) as JsonObject, needs: one.needs.toReversed() },
          ]),
      );
    fc.assert(
      fc.property(targets, targets, (a, b) => {
        expect(JSON.stringify(planOf(shuffled(a), shuffled(b)).steps.map(({ changes, ...rest }) => rest))).toBe(
          JSON.stringify(planOf(a, b).steps.map(({ changes, ...rest }) => rest)),
        );
      }),
    );
  });
});

describe('steps', () => {
  test('without changes, the plan is empty', () => {
    const same = targetMap(target('lxc/101', { cores: 2 }));
    expect(planOf(same, same).steps).toEqual([]);
  });

  test('a step waits for a step that is separated from it by an unchanged target', () => {
    const before = targetMap(
      target('lxc/900', { v: 1 }),
      target('lxc/101', {}, ['lxc/900']),
      target('vm/1', { v: 1 }, ['lxc/101']),
    );
    const after = targetMap(
      target('lxc/900', { v: 2 }),
      target('lxc/101', {}, ['lxc/900']),
      target('vm/1', { v: 2 }, ['lxc/101']),
    );
    expect(planOf(before, after).steps.map(({ target, needs, wave }) => ({ target, needs, wave }))).toEqual([
      { target: 'lxc/900', needs: [], wave: 1 },
      { target: 'vm/1', needs: ['lxc/900'], wave: 2 },
    ]);
  });

  test('a target is deleted only after its replacement and its dependants were applied', () => {
    const before = targetMap(target('lxc/1'), target('lxc/2', {}, ['lxc/1']), target('vm/3', { on: 1 }, ['lxc/2']));
    const after = targetMap(target('lxc/9'), target('vm/3', { on: 9 }, ['lxc/9']));
    expect(planOf(before, after).steps.map(({ target, verb, needs, wave }) => [target, verb, needs, wave])).toEqual([
      ['lxc/9', 'create', [], 1],
      ['vm/3', 'update', ['lxc/9'], 2],
      ['lxc/2', 'delete', ['vm/3'], 3],
      ['lxc/1', 'delete', ['lxc/2'], 4],
    ]);
  });

  test('a step that destroys or recreates needs approval and says whether it is protected', () => {
    const kept = { ...target('lxc/2', { disk: 8 }), protected: true };
    const before = targetMap({ ...target('lxc/1'), protected: true }, { ...kept, spec: { disk: 9 } }, target('lxc/3'));
    const after = targetMap(kept, target('lxc/3', { cores: 1 }));
    const { steps } = planOf(before, after, ({ target: id, verb }) =>
      verb === 'delete' ? 'destroy' : id === 'lxc/2' ? 'recreate' : 'live',
    );
    expect(steps.map((step) => [step.target, step.impact, step.approval, step.protected])).toEqual([
      ['lxc/2', 'recreate', true, true],
      ['lxc/3', 'live', false, false],
      ['lxc/1', 'destroy', true, true],
    ]);
    expect(summary({ from: null, to: 'b', steps })).toEqual({ create: 0, update: 2, delete: 1 });
  });

  test('a target to be observed is an update without changes, in its place in the order', () => {
    const before = targetMap(target('lxc/1', { v: 1 }), target('lxc/2', {}, ['lxc/1']), target('lxc/3'));
    const after = targetMap(target('lxc/1', { v: 2 }), target('lxc/2', {}, ['lxc/1']), target('lxc/3'));
    const also = new Set(['lxc/1', 'lxc/2', 'lxc/9'] as TargetId[]);
    const planned = makePlan({ from: null, to: 'b', before, after, also, impact: () => 'restart' });
    expect(planned.kind === 'plan' && planned.plan.steps).toMatchObject([
      { target: 'lxc/1', impact: 'restart', changes: [{ path: '/v' }] },
      { target: 'lxc/2', verb: 'update', impact: 'live', needs: ['lxc/1'], changes: [] },
    ]);
  });

  test('what is inside a guest is observed when the guest is recreated, not when it only changes', () => {
    const inside = (id: string): Target => ({ ...target(id, {}, ['lxc/1']), within: ['lxc/1' as TargetId] });
    const before = targetMap(target('lxc/1', { v: 1 }), inside('gateway/nginx'), target('vm/2', {}, ['lxc/1']));
    const after = targetMap(target('lxc/1', { v: 2 }), inside('gateway/nginx'), target('vm/2', {}, ['lxc/1']));
    const steps = (impact: Impact) =>
      planOf(before, after, () => impact).steps.map((step) => [step.target, step.impact]);
    expect(steps('restart')).toEqual([['lxc/1', 'restart']]);
    expect(steps('recreate')).toEqual([
      ['lxc/1', 'recreate'],
      ['gateway/nginx', 'live'],
    ]);
    const lost = targetMap(inside('gateway/nginx'));
    expect(planOf(lost, after).steps.map((step) => step.target)).toEqual(['lxc/1', 'gateway/nginx', 'vm/2']);
  });

  test('a cycle in the new configuration is returned, not thrown', () => {
    const after = targetMap(target('lxc/1', {}, ['lxc/2']), target('lxc/2', {}, ['lxc/1']));
    expect(makePlan({ from: null, to: 'b', before: new Map(), after, impact: () => 'live' })).toEqual({
      kind: 'cycle',
      cycle: ['lxc/1', 'lxc/2'],
    });
  });

  test('a cycle among deleted targets does not prevent their deletion', () => {
    const before = targetMap(target('lxc/1', {}, ['lxc/2']), target('lxc/2', {}, ['lxc/1']));
    expect(planOf(before, new Map()).steps.map((step) => step.target)).toEqual(['lxc/1', 'lxc/2']);
  });
});

describe('size', () => {
  const many = (change: (n: number) => JsonObject, needs: (n: number) => string[]) =>
    targetMap(...Array.from({ length: 10_000 }, (_, n) => target(`lxc/${n}`, change(n), needs(n))));
  const spec = (n: number) => ({
    name: `guest-${n}`,
    net: { ip: `10.0.0.${n}` },
    rules: [{ port: n }, { port: n + 1 }],
  });

  test('plans one change among 10,000 targets', () => {
    const needs = (n: number) => (n === 0 ? [] : ['lxc/0']);
    const before = many(spec, needs);
    const after = many((n) => (n === 5000 ? { ...spec(n), cores: 2 } : spec(n)), needs);
    expect(planOf(before, after).steps).toHaveLength(1);
  });

  test('plans a chain of 10,000 new targets', () => {
    const { steps } = planOf(
      new Map(),
      many(spec, (n) => (n === 0 ? [] : [`lxc/${n - 1}`])),
    );
    expect(steps.at(-1)).toMatchObject({ target: 'lxc/9999', wave: 10_000, needs: ['lxc/9998'] });
  });
});

test('a target to be observed is an update without changes, after what it needs', () => {
  const before = targetMap(target('lxc/1', { a: 1 }), target('lxc/2', { a: 1 }, ['lxc/1']));
  const also = new Set(['lxc/1', 'lxc/2', 'lxc/9'] as TargetId[]);
  const planned = makePlan({ from: 'a', to: 'a', before, after: before, also, impact: () => 'live' });
  if (planned.kind !== 'plan') throw new Error('ring');
  expect(planned.plan.steps.map(({ target, verb, needs, changes }) => [target, verb, needs, changes])).toEqual([
    ['lxc/1', 'update', [], []],
    ['lxc/2', 'update', ['lxc/1'], []],
  ]);
});
