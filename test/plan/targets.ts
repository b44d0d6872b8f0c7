// Random sets of targets for property tests: needs point from later targets to earlier ones, so that there are no cycles.

import fc from 'fast-check';
import { type TargetId, targetId } from '../../src/model/ids.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import type { Target } from '../../src/model/target.ts';

export type Targets = ReadonlyMap<TargetId, Target>;

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: 0, max: 5 }),
  fc.constantFrom('a', 'b', ''),
);
const key = fc.constantFrom('a', 'b', 'x/y', '~', '0', '__proto__', 'constructor');
const flat: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(key, scalar), { maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));
const value: fc.Arbitrary<Json> = fc.oneof(
  scalar,
  flat,
  fc.array(flat, { maxLength: 5 }),
  fc.array(scalar, { maxLength: 3 }),
  fc.array(fc.oneof(flat, scalar), { maxLength: 3 }),
);

/** Specs that share most of their keys and values, so that two of them rarely differ completely. */
export const spec: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(key, value), { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries));

const ids: readonly TargetId[] = [
  ...[101, 102, 900, 1000].map((number) => targetId('lxc', number)),
  ...[9, 101, 9000].map((number) => targetId('vm', number)),
  targetId('hypervisor', 'dns'),
  targetId('stack', '1002.web'),
];

/** Any subset of nine targets, inserted in any order, with needs that follow one shuffled ranking of them. */
export const targets: fc.Arbitrary<Targets> = fc
  .shuffledSubarray([...ids])
  .chain((ranking) =>
    fc.tuple(
      fc.tuple(
        ...ranking.map((id, rank) =>
          fc.record({
            id: fc.constant(id),
            spec,
            needs: fc.subarray(ranking.slice(0, rank)),
            protected: fc.boolean(),
          }),
        ),
      ),
      fc.shuffledSubarray(ranking, { minLength: ranking.length }),
    ),
  )
  .map(([made, insertion]) => {
    const byId = new Map(made.map((target) => [target.id, target]));
    return new Map(insertion.flatMap((id) => (byId.has(id) ? [[id, byId.get(id) as Target]] : [])));
  });

export function target(id: string, spec: JsonObject = {}, needs: readonly string[] = []): Target {
  return { id: id as TargetId, spec, needs: needs as readonly TargetId[], protected: false };
}

export function targetMap(...list: readonly Target[]): Targets {
  return new Map(list.map((one) => [one.id, one]));
}

/** The same value with the keys of every object in another order. */
export function reordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, item === undefined ? item : reordered(item)])
      .reverse(),
  );
}
