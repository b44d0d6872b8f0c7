// The format of a run in Redis: one hash. Immutable parts are JSON; each part that changes has its own field, so that scripts
// change it without parsing JSON.
//
//   request, plan                      JSON
//   state, created, started, ended     text
//   supersededBy                       commit
//   cut                                1 once a newer run superseded steps of it: it ends as superseded
//   left                               steps without outcome
//   counted                            1: `unmet` has the number of unmet dependencies of each step
//   began:<target>, tries:<target>     first start; number of starts
//   failures:<target>, waits:<target>  number of failed attempts; time of the next attempt (epoch milliseconds)
//   why:<target>                       why the last attempt did not end the step; absent once it acts
//   job:<target>                       number of starts before it was last claimed, if any
//   actions:<target>                   JSON lines
//   end:<target>                       JSON: outcome, reason, ended, what would be done, fields that differ
//   approval:<target>                  JSON lines

import type { RunId, TargetId } from '../../model/ids.ts';
import { stepOf } from '../../model/plan-graph.ts';
import type { ActionRecord, FieldDifference, Outcome, Run, RunState, StepRecord } from '../../model/run.ts';
import type { Approval, Planned, RunDetail, RunRequest } from '../../ports/runs.ts';
import type { SettledStep } from '../../ports/steps.ts';
import { statusList } from './outbox.ts';
import { decode, encode } from './record.ts';

export type SavedPlan = Pick<Planned, 'plan' | 'digests' | 'reason' | 'problems' | 'held' | 'missing' | 'notes'>;
export type SavedEnd = {
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly ended: string;
  readonly would?: readonly string[];
  readonly differs?: readonly FieldDifference[];
};
export type RunHash = Readonly<Record<string, string>>;

export const NO_PLAN: SavedPlan = { plan: null, digests: {}, reason: null, problems: [], held: {}, notes: [] };

/** The fields of one step, and those fields of its run that are always small. */
export function stepFields(target: TargetId): string[] {
  const runStatuses = ['request', 'state', 'started', 'ended', 'supersededBy'];
  return [
    ...runStatuses,
    ...['began', 'tries', 'failures', 'waits', 'why', 'actions', 'end', 'approval', 'job'].map(
      (field) => `${field}:${target}`,
    ),
  ];
}

/** @param only the step that was read, if not all were */
export function readRun(id: RunId, hash: RunHash, saved: SavedPlan, only?: TargetId): RunDetail {
  const what = `run ${id}`;
  const state = hash['state'];
  const asked = hash['request'];
  // They are written together: if one is missing, something else removed part of the run.
  if (asked === undefined || state === undefined) throw new Error(`the ledger holds ${what} in part only`);
  const request = decode<RunRequest>(what, asked);
  const approvals = Object.entries(hash)
    .filter(([field]) => field.startsWith('approval:'))
    .flatMap(([, text]) => text.split('\n'))
    .map((line) => decode<Approval>(what, line));
  const one = only === undefined || saved.plan === null ? undefined : stepOf(saved.plan, only);
  const planned = only === undefined ? (saved.plan?.steps ?? []) : one === undefined ? [] : [one];
  const steps = planned.map(({ target, verb, impact }): StepRecord => {
    const end = hash[`end:${target}`];
    const told = end === undefined ? null : decode<SavedEnd>(what, end);
    const { outcome, reason, ended } = told ?? { outcome: null, reason: hash[`why:${target}`] ?? null, ended: null };
    const attempts = Number(hash[`tries:${target}`] ?? 0);
    const started = hash[`began:${target}`] ?? null;
    return {
      target,
      verb,
      impact,
      outcome,
      reason,
      attempts,
      ...numberIn(hash, 'failures', target),
      ...numberIn(hash, 'waits', target),
      started,
      ended,
      actions: [...actionsOf(hash, target), ...wouldDo(told?.would)],
      ...(told?.differs === undefined ? {} : { differs: told.differs }),
    };
  });
  return {
    id,
    commit: request.commit,
    trigger: request.trigger,
    verb: request.verb ?? null,
    readOnly: request.readOnly,
    state: state as RunState,
    created: request.created,
    started: hash['started'] ?? null,
    ended: hash['ended'] ?? null,
    by: request.by,
    steps,
    // Runs of older versions have no notes.
    ...NO_PLAN,
    ...saved,
    request,
    approvals,
    supersededBy: hash['supersededBy'] ?? null,
    jobs: jobsIn(hash),
  };
}

function jobsIn(hash: RunHash): RunDetail['jobs'] {
  const fields = Object.keys(hash).filter((field) => field.startsWith('job:'));
  return Object.fromEntries(fields.map((field) => [field.slice('job:'.length), Number(hash[field])]));
}

export function endText({ outcome, reason, ended, would, differs }: SavedEnd): string {
  return encode({
    outcome,
    reason,
    ended,
    ...(would === undefined ? {} : { would }),
    ...(differs === undefined ? {} : { differs }),
  });
}

/** Target, end, statuses, target, end, …: script arguments for steps that end without having started. */
export function settledArguments(ends: ReadonlyMap<TargetId, SettledStep>, ended: string): string[] {
  return [...ends].flatMap(([target, end]) => [target, endText({ ...end, ended }), statusList(end.statuses)]);
}

/** The published fields of a run. */
export function publicRun(run: RunDetail): Run {
  const { id, commit, trigger, verb, readOnly, state, created, started, ended, by, steps } = run;
  return { id, commit, trigger, verb, readOnly, state, created, started, ended, by, steps };
}

/** Empty where there is no such field. */
function numberIn<Name extends string>(
  hash: RunHash,
  name: Name,
  target: TargetId,
): { readonly [key in Name]?: number } {
  const text = hash[`${name}:${target}`];
  return text === undefined ? {} : ({ [name]: Number(text) } as { [key in Name]: number });
}

function actionsOf(hash: RunHash, target: TargetId): ActionRecord[] {
  const lines = (hash[`actions:${target}`] ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as ActionRecord);
}

function wouldDo(would: readonly string[] = []): ActionRecord[] {
  return would.map((summary) => ({ summary, exit: null, ms: 0 }));
}
