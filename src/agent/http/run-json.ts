// Runs and targets as the API shows them: the shape of contract.md, and what helps people beside it.

import type { RunningState } from '../../managers/manager.ts';
import { waitsUntil } from '../../messages/policy.ts';
import { doubtText } from '../../messages/status.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import { kindOf, nameOf } from '../../model/ids.ts';
import type { Problem } from '../../model/problem.ts';
import type { FieldDifference, Outcome, Run, StepRecord } from '../../model/run.ts';
import type { Applied } from '../../model/target.ts';
import { doubtsOf } from '../../plan/doubts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TargetRecords } from '../../ports/ledger.ts';
import type { Approval, RunDetail } from '../../ports/runs.ts';
import type { KnownTarget } from '../deps.ts';
import { openingFor } from '../window.ts';

export interface RunJson extends Run {
  /** Why it was refused, is invalid or waits; null when there is nothing to say. */
  readonly reason: string | null;
  readonly supersededBy: string | null;
  readonly problems: readonly Problem[];
  readonly approvals: readonly Approval[];
  /** Lines that were taken for no approval, and why. */
  readonly notes: readonly string[];
}

export interface TargetJson {
  readonly target: TargetId;
  readonly kind: string;
  readonly name: string;
  /**
   * `applied`: proved to be as `commit` says. `doubtful`: that was proved, and what it rests on is gone or another one since. `unproved`:
   * a step began to change it and did not prove its end. `declared`: nothing was applied yet.
   */
  readonly state: 'applied' | 'doubtful' | 'unproved' | 'declared';
  /** When it was proved last, ISO 8601; null where nothing is proved, or that was not noted. */
  readonly proved: string | null;
  /** Why what was proved may hold no more; null where it does. */
  readonly doubt: string | null;
  /** The newest look that came to an end, as far back as the API looks; null when there is none. */
  readonly look: TargetLook | null;
  /** Where it was last applied or touched; empty before the first time. */
  readonly commit: string;
  /** Whether the followed commit declares it; null when the agent cannot tell. */
  readonly declared: boolean | null;
  /** What it does on the host; null where it cannot run or the host cannot be looked at. */
  readonly running: RunningState | null;
  /** The newest run that had a step for it, as far back as the API looks; null when there is none. */
  readonly run: RunId | null;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
}

/** What a look at the host found of a target, which changes nothing. */
interface TargetLook {
  readonly run: RunId;
  /** ISO 8601. */
  readonly at: string;
  /** What it found; null where the target was as declared. */
  readonly found: string | null;
  /** When a look found the same first, of those that came right before it, ISO 8601. */
  readonly since: string;
  /** Sentences of what would be done about it. */
  readonly would: readonly string[];
  /** Fields that it found otherwise than declared; null where nothing was compared field by field. */
  readonly differs: readonly FieldDifference[] | null;
  /** The target was proved after the look: what that found is over. */
  readonly over: boolean;
}

export function runJson(run: RunDetail, clock: Clock): RunJson {
  return {
    ...summaryJson(run),
    reason: run.reason ?? waitingReason(run, clock),
    supersededBy: run.supersededBy,
    problems: run.problems,
    approvals: run.approvals,
    notes: run.notes,
  };
}

/** Until when, where something of it waits for a window of the policy. */
function waitingReason(run: RunDetail, clock: Clock): string | null {
  const isOver = run.ended !== null || run.state === 'superseded';
  if (isOver || run.steps.every(({ outcome, started }) => outcome !== null || started !== null)) return null;
  const opening = openingFor({ clock }, run);
  return opening.open ? null : waitsUntil(run.commit, opening.opens, opening.timezone);
}

/** Field by field: what the ledger keeps for the agent alone stays there. */
export function summaryJson(run: Run): Run {
  const { id, commit, trigger, verb, readOnly, state, created, started, ended, by, steps } = run;
  return { id, commit, trigger, verb, readOnly, state, created, started, ended, by, steps };
}

/**
 * @param runs newest first
 * @param known what is declared; null when the agent cannot tell
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

/** A look that found it otherwise than it was proved before. */
function differenceFound(look: TargetLook | null, applied: Applied | undefined): string | null {
  if (look === null || applied === undefined || look.found === null || look.over) return null;
  return `run ${look.run} looked: ${look.found}`;
}

/** @param looks newest first */
function lookAt(looks: readonly Newest[], applied: Applied | undefined): TargetLook | null {
  const [newest] = looks;
  if (newest === undefined) return null;
  const { run, step } = newest;
  const foundOf = (each: StepRecord) => (each.outcome === 'failed' ? (each.reason ?? 'it differs') : null);
  const found = foundOf(step);
  const other = looks.findIndex((each) => foundOf(each.step) !== found);
  const first = looks[(other < 0 ? looks.length : other) - 1] ?? newest;
  const at = step.ended ?? '';
  return {
    run,
    at,
    found,
    since: first.step.ended ?? at,
    would: found === null ? [] : step.actions.map(({ summary }) => summary),
    differs: step.differs ?? null,
    over: applied?.at !== undefined && applied.at >= at,
  };
}

/** The steps of looks that came to an end, newest first: one that goes on has found nothing yet. */
function looksOf(runs: readonly Run[]): ReadonlyMap<TargetId, readonly Newest[]> {
  const looks = new Map<TargetId, Newest[]>();
  for (const { id, steps } of runs.filter(({ readOnly, trigger }) => readOnly && trigger === 'drift')) {
    for (const step of steps) {
      if (step.outcome !== 'failed' && step.outcome !== 'unchanged' && step.outcome !== 'applied') continue;
      const before = looks.get(step.target);
      if (before === undefined) looks.set(step.target, [{ run: id, step }]);
      else before.push({ run: id, step });
    }
  }
  return looks;
}

interface Newest {
  readonly run: RunId;
  readonly step: StepRecord;
}

/** The newest step of each target. A look says nothing of what was done, so the two are never mixed. */
function newestSteps(runs: readonly Run[]): ReadonlyMap<TargetId, Newest> {
  return new Map(
    runs.toReversed().flatMap(({ id, steps }) => steps.map((step) => [step.target, { run: id, step }] as const)),
  );
}
