// What holds of every comparison by fields, for generated pairs of what is declared and what is on the host:
//
// - a host as declared has no difference, and nothing to do;
// - a host with one other field has a difference of that field, and of no other;
// - where a difference is named something is to do, and where something is to do a difference is named;
// - a field that is left to people is neither, and no secret is told.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differencesOf } from '../../src/agent/apply/differences.ts';
import type { ComparedField, FoundDifference } from '../../src/managers/comparison.ts';
import type { Decision, Manager, Wanted } from '../../src/managers/manager.ts';
import type { TargetId } from '../../src/model/ids.ts';
import { same } from '../../src/plan/diff/canonical.ts';
import { runs } from '../support/runs.ts';
import { ORIGIN } from './guests.ts';

/** Secret values on the host, which no difference may show. */
export const SECRET = 'hunter2-hunter2';

export interface ComparedCase<Spec extends object> {
  readonly target: string;
  readonly specs: fc.Arbitrary<Spec>;
  readonly fields: readonly Pick<ComparedField<Spec, never>, 'name' | 'of'>[];
  /** A host that is as `present` declares, as it is observed for `wanted`. */
  seen(present: Spec, wanted: Spec): unknown;
}

/** Without the elements of lists. */
function keysOf({ at, field }: FoundDifference): string {
  return at === undefined ? field : at.filter((step) => typeof step === 'string').join('.');
}

export function testComparison<Spec extends object>(manager: Manager, one: ComparedCase<Spec>): void {
  const { target, specs, fields } = one;
  const seen = (present: Spec, wanted: Spec) => one.seen(present, wanted);
  const wantedOf = (spec: Spec): Wanted => ({
    ...{ target: target as TargetId, spec: spec as never, before: spec as never, origin: ORIGIN },
    ...{ approved: true, protected: false },
  });
  const named = (spec: Spec, observation: unknown) => manager.differences(wantedOf(spec), observation).map(keysOf);
  const isIdle = (decision: Decision) =>
    decision.kind === 'actions' && decision.actions.every(({ notes }) => notes === true);
  const idle = (spec: Spec, observation: unknown) => isIdle(manager.decide(wantedOf(spec), observation));

  test(`${target}: as declared is no difference`, () => {
    fc.assert(
      fc.property(specs, (spec) => {
        expect([named(spec, seen(spec, spec)), idle(spec, seen(spec, spec))]).toEqual([[], true]);
      }),
      { numRuns: runs(20) },
    );
  });

  test(`${target}: one other field is named, and no other`, () => {
    let tried = 0;
    fc.assert(
      fc.property(specs, specs, (spec, other) => {
        for (const key of new Set(fields.flatMap(({ of }) => of))) {
          const changed = { ...spec, [key]: other[key] };
          if (same(spec as never, changed as never)) continue;
          const found = named(spec, seen(changed, spec));
          const names = fields.filter(({ of }) => of.includes(key)).map(({ name }) => name);
          const isOf = (at: string) => names.some((name) => at.startsWith(name) || name.startsWith(`${at}.`));
          expect([key, found.filter((at) => !isOf(at))]).toEqual([key, []]);
          expect([key, found.length > 0]).toEqual([key, !idle(spec, seen(changed, spec))]);
          tried += found.length;
        }
      }),
      { numRuns: runs(30) },
    );
    expect(tried).toBeGreaterThan(0);
  });

  const leave = fields.filter(({ name }) => manager.ignorable?.fields(target as TargetId).includes(name));
  test.skipIf(leave.length === 0)(`${target}: a field that is left to people is neither compared nor set`, () => {
    let settled = 0;
    fc.assert(
      fc.property(specs, specs, (spec, other) => {
        for (const { name, of } of leave) {
          const present = { ...spec, ...Object.fromEntries(of.map((key) => [key, other[key]])) };
          const observation = seen(present, spec);
          const left = manager.ignorable?.without(spec as never, [name], target as TargetId, observation) as never;
          const [before, after] = [named(spec, observation), named(left, observation)];
          expect(after.filter((at) => !before.includes(at))).toEqual([]);
          expect([name, after.length > 0]).toEqual([name, !idle(left, observation)]);
          if (before.length > 0 && after.length === 0) settled += 1;
        }
      }),
      { numRuns: runs(30) },
    );
    expect(settled).toBeGreaterThan(0);
  });

  test(`${target}: what is named is what is done`, () => {
    fc.assert(
      fc.property(specs, specs, (spec, other) => {
        const observation = seen(other, spec);
        expect(named(spec, observation).length > 0).toBe(!idle(spec, observation));
        expect(JSON.stringify(differencesOf(manager, wantedOf(spec), observation))).not.toContain(SECRET);
      }),
      { numRuns: runs(30) },
    );
  });
}
