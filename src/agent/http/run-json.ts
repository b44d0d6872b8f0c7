// Runs and targets as the API shows them: the shape of contract.md, and what helps people beside it.

import type { RunId, TargetId } from '../../model/ids.ts';
import { kindOf, nameOf } from '../../model/ids.ts';
import type { Problem } from '../../model/problem.ts';
import type { Outcome, Run } from '../../model/run.ts';
import type { RunDetail, TargetRecords } from '../../ports/ledger.ts';

export interface RunJson extends Run {
  /** Why it was refused, is invalid or waits; null when there is nothing to say. */
  readonly reason: string | null;
  readonly supersededBy: string | null;
  readonly problems: readonly Problem[];
}

export interface TargetJson {
  readonly target: TargetId;
  readonly kind: string;
  readonly name: string;
  /** `applied`: proved to be as `commit` says. `unproved`: a step began to change it and did not prove its end. */
  readonly state: 'applied' | 'unproved';
  readonly commit: string;
  /** The newest run that had a step for it, as far back as the API looks; null when there is none. */
  readonly run: RunId | null;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
}

export function runJson(run: RunDetail): RunJson {
  return { ...summaryJson(run), reason: run.reason, supersededBy: run.supersededBy, problems: run.problems };
}

/** Field by field: what the ledger keeps for the agent alone stays there. */
export function summaryJson(run: Run): Run {
  const { id, commit, trigger, verb, readOnly, state, created, started, ended, by, steps } = run;
  return { id, commit, trigger, verb, readOnly, state, created, started, ended, by, steps };
}

/** @param runs newest first */
export function targetsJson(records: TargetRecords, runs: readonly Run[]): readonly TargetJson[] {
  const ids = new Set([...records.applied.keys(), ...records.touched.keys()]);
  return [...ids].sort().map((target) => {
    const touched = records.touched.get(target);
    const run = runs.find(({ steps }) => steps.some((step) => step.target === target));
    const step = run?.steps.find((each) => each.target === target);
    return {
      target,
      kind: kindOf(target),
      name: nameOf(target),
      state: touched === undefined ? 'applied' : 'unproved',
      commit: touched?.commit ?? records.applied.get(target)?.commit ?? '',
      run: run?.id ?? null,
      outcome: step?.outcome ?? null,
      reason: step?.reason ?? null,
    };
  });
}
