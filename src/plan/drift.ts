// Applies the drift policy to a target, and selects the drifted targets to correct. Pure.

import type { DriftAction, DriftPolicy, DriftRule } from '../model/drift.ts';
import { kindOf, type TargetId } from '../model/ids.ts';
import type { FieldChange } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { keys } from './diff/pointer.ts';

/** Delay before a failed correction is retried. */
const AGAIN_MS = 60 * 60 * 1000;

export function driftActionOf(policy: DriftPolicy, target: TargetId): DriftAction {
  return rulesFor(policy, target).findLast(({ action }) => action !== null)?.action ?? policy.action;
}

/**
 * Fields of the target whose drift is ignored: those that people may change, except for fields that a commit changes now.
 *
 * @param changes changes of the plan
 * @param keysOf the keys of the spec that a field of the file decides
 */
export function ignoredFields(
  policy: DriftPolicy,
  target: TargetId,
  changes: readonly FieldChange[],
  keysOf: (field: string) => readonly string[],
): readonly string[] {
  const ignored = new Set(rulesFor(policy, target).flatMap(({ ignore }) => ignore));
  const changed = new Set(changes.flatMap(({ path }) => keys(path)));
  return [...ignored].filter((field) => !keysOf(field).some((key) => changed.has(key)));
}

/** The result of a drift detection, and further known facts. */
export interface Looked {
  /** A completed drift detection by the timer. */
  readonly driftRun: Pick<Run, 'steps' | 'commit'>;
  readonly declared: ReadonlySet<TargetId>;
  /** Earlier corrections, newest first. */
  readonly heals: readonly Pick<Run, 'steps' | 'ended' | 'commit'>[];
  readonly now: Date;
}

/** Targets that differ, are to be corrected, are not being corrected, and were not tried in vain recently. */
export function targetsToHeal(policy: DriftPolicy, { driftRun, declared, heals, now }: Looked): readonly TargetId[] {
  return driftRun.steps
    .filter(({ outcome, actions }) => outcome === 'failed' && actions.length > 0)
    .map(({ target }) => target)
    .filter((target) => declared.has(target) && driftActionOf(policy, target) === 'heal')
    .filter((target) => {
      const last = heals.find(({ steps }) => steps.some((step) => step.target === target));
      if (last === undefined) return true;
      if (last.ended === null) return false;
      const { outcome } = last.steps.find((step) => step.target === target) ?? {};
      const failed = outcome === 'failed' || outcome === 'skipped';
      return !failed || last.commit !== driftRun.commit || now.getTime() - Date.parse(last.ended) >= AGAIN_MS;
    });
}

function rulesFor({ rules }: DriftPolicy, target: TargetId): readonly DriftRule[] {
  return rules.filter((rule) => rule.for.some((each) => each === target || each === kindOf(target)));
}
