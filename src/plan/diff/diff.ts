// The difference of two sets of targets. Empty when there is nothing to do.

import type { TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Change } from '../../model/plan.ts';
import type { Target } from '../../model/target.ts';
import { applyFields } from './apply-fields.ts';
import { same } from './canonical.ts';
import { compareTargets } from './compare-targets.ts';
import { diffFields } from './diff-fields.ts';

type Targets = ReadonlyMap<TargetId, Target>;

/**
 * Targets that are added, removed or have a different spec, in the order of compareTargets. Only the spec counts: a target that
 * only has different dependencies has nothing to do.
 */
export function diff(before: Targets, after: Targets): Change[] {
  const all = new Set([...before.keys(), ...after.keys()]);
  const changes: Change[] = [];
  for (const target of all) {
    const change = changeOf(target, before.get(target)?.spec, after.get(target)?.spec);
    if (change !== undefined) changes.push(change);
  }
  return changes.sort((a, b) => compareTargets(a.target, b.target));
}

function changeOf(target: TargetId, before: JsonObject | undefined, after: JsonObject | undefined): Change | undefined {
  const fields = same(before, after) ? [] : diffFields(before ?? {}, after ?? {});
  if (before === undefined) return { target, verb: 'create', before, after, fields };
  if (after === undefined) return { target, verb: 'delete', before, after, fields };
  return fields.length === 0 ? undefined : { target, verb: 'update', before, after, fields };
}

/** The specs after the changes, computed only from the field changes: `applyChanges(a, diff(a, b))` has the specs of `b`. */
export function applyChanges(before: Targets, changes: readonly Change[]): Map<TargetId, JsonObject> {
  const specs = new Map([...before].map(([id, target]): [TargetId, JsonObject] => [id, target.spec]));
  for (const change of changes) {
    if (change.verb === 'delete') specs.delete(change.target);
    else specs.set(change.target, applyFields(specs.get(change.target) ?? {}, change.fields));
  }
  return specs;
}
