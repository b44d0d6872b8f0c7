// The fields of a target that people may change on the host, by `phoenix.drift`: what is wanted of it without them. Pure.

import type { Manager, Wanted } from '../../managers/manager.ts';

interface TargetLeftToPeople {
  readonly manager: Manager;
  readonly wanted: Wanted;
  /** Names of the fields; absent for none. */
  readonly leaves?: readonly string[];
}

/** The desired state without the fields that people may change. A missing target is created with all fields. */
export function withoutLeft({ manager, wanted, leaves = [] }: TargetLeftToPeople, observation: unknown): Wanted {
  const { target, spec, before } = wanted;
  const { ignorable } = manager;
  if (leaves.length === 0 || spec === undefined || ignorable === undefined) return wanted;
  if (manager.isThere?.(wanted, observation) === false) return wanted;
  const without = (one: typeof spec) => ignorable.without(one, leaves, target, observation);
  return { ...wanted, spec: without(spec), before: before && without(before) };
}

/** Those of them that differ from the declaration, by the names that people are shown. */
export function leftFields(judged: TargetLeftToPeople, observation: unknown): readonly string[] {
  const { manager, wanted } = judged;
  const named = (one: Wanted) => manager.differences(one, observation).map(({ field }) => field);
  const counted = new Set(named(withoutLeft(judged, observation)));
  return [...new Set(named(wanted))].filter((field) => !counted.has(field));
}
