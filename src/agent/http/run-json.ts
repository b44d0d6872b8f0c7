// Runs and targets in the form of the API: the documented fields, and explanations for people.

import type { RunningState } from '../../managers/manager.ts';
import { whyText } from '../../messages/drift.ts';
import { waitsUntil } from '../../messages/statuses/policy.ts';
import { waitsFrozen } from '../../messages/statuses/run-status.ts';
import { doubtText } from '../../messages/statuses/step-status.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import { kindOf, nameOf } from '../../model/ids.ts';
import type { Problem } from '../../model/problem.ts';
import type { FieldDifference, Outcome, Run, StepRecord } from '../../model/run.ts';
import type { Applied } from '../../model/target.ts';
import { doubtsOf } from '../../plan/doubts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Freeze, TargetRecords } from '../../ports/ledger.ts';
import type { Approval, RunDetail } from '../../ports/runs.ts';
import type { KnownTarget } from '../deps.ts';
import { openingFor } from '../start-conditions.ts';

export interface RunJson extends Run {
  /** Why it was refused, is invalid or waits; null for none. */
  readonly reason: string | null;
  readonly supersededBy: string | null;
  readonly problems: readonly Problem[];
  readonly approvals: readonly Approval[];
  /** Commit trailers that do not count as approvals, and why. */
  readonly notes: readonly string[];
}

export interface TargetJson {
  readonly target: TargetId;
  readonly kind: string;
  readonly name: string;
  /**
   * `applied`: proved to be as `commit` declares. `doubtful`: that was proved, but something it depends on was removed or replaced since. `unproved`:
   * a step began to change it and its result was not proved. `declared`: nothing was applied yet.
   */
  readonly state: 'applied' | 'doubtful' | 'unproved' | 'declared';
  /** When it was last proved, ISO 8601; null where it was not, or the time was not recorded. */
  readonly proved: string | null;
  /** Why the proof may no longer hold; null where it does. */
  readonly doubt: string | null;
  /** The newest completed observation in the searched runs; null when there is none. */
  readonly look: TargetLook | null;
  /** Commit at which it was last applied or changed; empty before the first time. */
  readonly commit: string;
  /** Whether the followed commit declares it; null when unknown. */
  readonly declared: boolean | null;
  /** Its power state; null where it has none or the host cannot be observed. */
  readonly running: RunningState | null;
  /**
   * The newest of the searched runs with a step for it; while that step waits or runs, the one whose step ended last, if that failed. Null when there
   * is none.
   */
  readonly run: RunId | null;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
}

/** The result of an observation of a target, which changed nothing. */
interface TargetLook {
  readonly run: RunId;
  /** What it was compared with. */
  readonly commit: string;
  /** ISO 8601. */
  readonly at: string;
  /** The difference; null where the target was as declared. */
  readonly found: string | null;
  /** When the first of the uninterrupted observations with this result was made, ISO 8601. */
  readonly since: string;
  /** Sentences on what would be done. */
  readonly would: readonly string[];
  /** Fields that differed from the declaration; null where fields were not compared. */
  readonly differs: readonly FieldDifference[] | null;
  /** The target was proved after the observation, so its result is obsolete. */
  readonly over: boolean;
}

/** What may keep a step from starting. */
export interface Holds {
  readonly clock: Clock;
  /** The freeze in force; null for none. */
  readonly frozen: Freeze | null;
}

export function runJson(run: RunDetail, holds: Holds): RunJson {
  return {
    ...summaryJson(run),
    reason: run.reason ?? (mayWait(run) ? waitingReason(run, holds) : null),
    supersededBy: run.supersededBy,
    problems: run.problems,
    approvals: run.approvals,
    notes: run.notes,
  };
}

/** Whether a step has still to start, so that a freeze or a window may keep it. */
export function mayWait({ ended, state, steps }: Pick<Run, 'ended' | 'state' | 'steps'>): boolean {
  const isOver = ended !== null || state === 'superseded';
  return !isOver && steps.some(({ outcome, started }) => outcome === null && started === null);
}

/** Who holds the run since when, or until when it waits for a window of the policy. */
function waitingReason(run: RunDetail, { clock, frozen }: Holds): string | null {
  if (frozen !== null) return waitsFrozen(frozen);
  const opening = openingFor({ clock }, run);
  return opening.open ? null : waitsUntil(run.commit, opening.opens, opening.timezone);
}

/** Copied field by field, so that internal fields of the ledger are not published. */
export function summaryJson(run: Run): Run {
  const { id, commit, trigger, verb, readOnly, state, created, started, ended, by, steps } = run;
  return { id, commit, trigger, verb, readOnly, state, created, started, ended, by, steps };
}

/**
 * @param runs newest first
 * @param known the declared targets; null when unknown
 */
export function targetsJson(
  records: TargetRecords,
  runs: readonly Run[],
  known: readonly KnownTarget[] | null,
): readonly TargetJson[] {
  const steps = newestSteps(runs.filter(({ readOnly }) => !readOnly));
  const looks = looksOf(runs);
  const states = new Map(known?.map(({ target, running }) => [target, running]));
  const doubts = doubtsOf(
    records,
    (known ?? []).map(({ target: id, ...rest }) => ({ id, ...rest })),
    states,
  );
  const ids = new Set([...records.applied.keys(), ...records.touched.keys(), ...states.keys()]);
  return [...ids].sort().map((target) => {
    const touched = records.touched.get(target);
    const applied = records.applied.get(target);
    const last = steps.get(target);
    const doubt = doubts.get(target);
    const look = lookAt(looks.get(target) ?? [], applied);
    const why = doubt === undefined ? differenceFound(look, applied) : doubtText(doubt);
    return {
      target,
      kind: kindOf(target),
      name: nameOf(target),
      state: stateOf(touched !== undefined, applied !== undefined, why !== null),
      proved: touched === undefined ? (applied?.at ?? null) : null,
      doubt: touched === undefined ? why : null,
      look,
      commit: (touched ?? applied)?.commit ?? '',
      declared: known === null ? null : states.has(target),
      running: states.get(target) ?? null,
      run: last?.run ?? null,
      outcome: last?.step.outcome ?? null,
      reason: last?.step.reason ?? null,
    };
  });
}

function stateOf(touched: boolean, applied: boolean, doubtful: boolean): TargetJson['state'] {
  if (touched) return 'unproved';
  if (!applied) return 'declared';
  return doubtful ? 'doubtful' : 'applied';
}

/** The difference of an observation that contradicts an earlier proof. */
function differenceFound(look: TargetLook | null, applied: Applied | undefined): string | null {
  if (look === null || applied === undefined || look.found === null || look.over) return null;
  return `run ${look.run} looked: ${whyText({ reason: look.found, differs: look.differs ?? [] })}`;
}

/** @param looks newest first */
function lookAt(looks: readonly Newest[], applied: Applied | undefined): TargetLook | null {
  const [newest] = looks;
  if (newest === undefined) return null;
  const { run, commit, step } = newest;
  const foundOf = (each: StepRecord) => (each.outcome === 'failed' ? (each.reason ?? 'it differs') : null);
  const found = foundOf(step);
  const other = looks.findIndex((each) => foundOf(each.step) !== found);
  const first = looks[(other < 0 ? looks.length : other) - 1] ?? newest;
  const at = step.ended ?? '';
  return {
    run,
    commit,
    at,
    found,
    since: first.step.ended ?? at,
    would: found === null ? [] : step.actions.map(({ summary }) => summary),
    differs: step.differs ?? null,
    over: applied?.at !== undefined && applied.at >= at,
  };
}

/** The steps of completed observations, newest first; one in progress has found nothing yet. */
function looksOf(runs: readonly Run[]): ReadonlyMap<TargetId, readonly Newest[]> {
  const looks = new Map<TargetId, Newest[]>();
  for (const { id, commit, steps } of runs.filter(({ readOnly, trigger }) => readOnly && trigger === 'drift')) {
    for (const step of steps) {
      if (step.outcome !== 'failed' && step.outcome !== 'unchanged' && step.outcome !== 'applied') continue;
      const before = looks.get(step.target);
      if (before === undefined) looks.set(step.target, [{ run: id, commit, step }]);
      else before.push({ run: id, commit, step });
    }
  }
  return looks;
}

interface Newest {
  readonly run: RunId;
  readonly commit: string;
  readonly step: StepRecord;
}

/**
 * The newest step of each target. While it waits or runs, the last one that ended takes its place if that failed: a failure stays, but what went
 * well says nothing of what is done now.
 *
 * @param runs newest first, without observations, which do not show what was done
 */
function newestSteps(runs: readonly Run[]): ReadonlyMap<TargetId, Newest> {
  const newest = new Map<TargetId, Newest>();
  const ended = new Set<TargetId>();
  for (const { id, commit, steps } of runs) {
    for (const step of steps) {
      if (ended.has(step.target)) continue;
      if (step.outcome !== null) ended.add(step.target);
      if (!newest.has(step.target) || step.outcome === 'failed') newest.set(step.target, { run: id, commit, step });
    }
  }
  return newest;
}
