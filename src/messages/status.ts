// Every sentence that Phoenix writes on a commit: at most 140 characters, no durations or times (a repetition is then seen
// as one), and what to do where something is to be done.

import type { Action } from '../model/action.ts';
import { alsoTelling, failureText, fitFailure, fitText, followedBy } from '../model/failure.ts';
import type { RunId, TargetId } from '../model/ids.ts';
import type { Plan, PlanStep } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { CommitStatus, FinalState, StatusState, Subject } from '../model/report.ts';
import type { Outcome, StepRecord } from '../model/run.ts';
import type { Doubt } from '../plan/doubts.ts';
import { targetLabel } from './changes.ts';

/** GitHub refuses longer ones with 422. */
export const MAX_STATUS_LENGTH = 140;
/** In a status, where what a problem asks for is longer than that. */
const SAYS_MORE = 'phoenix validate says what to do';

/** What a status says, before it is known on which commit and with which link. */
export interface Sentence {
  readonly state: StatusState;
  readonly description: string;
}

/** One that nothing follows. */
export interface FinalSentence extends Sentence {
  readonly state: FinalState;
}

export const APPLY_CONTEXT = 'phoenix/apply';
export const PLAN_CONTEXT = 'phoenix/plan';
export const DRIFT_CONTEXT = 'phoenix/drift';

export function stepContext(target: TargetId): string {
  return `phoenix/${target}`;
}

/** Where a run, or one of its steps, is shown. These addresses stand on commits: they stay as they are. */
export function runUrl(publicUrl: string | null, run: RunId, target?: TargetId): string | null {
  if (publicUrl === null) return null;
  return `${publicUrl.replace(/\/+$/, '')}/runs/${run}${target === undefined ? '' : `/${target}`}`;
}

/** What it tells of, and where that is shown. */
export interface Link {
  readonly url: string | null;
  readonly about: Subject;
}

export function toRun(publicUrl: string | null, run: RunId, target?: TargetId): Link {
  return { url: runUrl(publicUrl, run, target), about: { kind: 'run', run, target: target ?? null } };
}

/** Where the plan of a pull request is shown. */
export function toPull(publicUrl: string | null, pull: number): Link {
  const url = publicUrl === null ? null : `${publicUrl.replace(/\/+$/, '')}/pulls/${pull}`;
  return { url, about: { kind: 'pull', pull } };
}

/** What a merge queue tries has no page of its own: that of the pull request is shown. */
export function toQueued(publicUrl: string | null, pull: number, head: string): Link {
  return { ...toPull(publicUrl, pull), about: { kind: 'queue', pull, head } };
}

export function status(commit: string, context: string, said: Sentence, { url, about }: Link): CommitStatus {
  return { commit, context, state: said.state, description: fitText(said.description, MAX_STATUS_LENGTH), url, about };
}

/** The last word on what the ledger holds nothing of. */
export function statusAlone(commit: string, context: string, { state, description }: FinalSentence): CommitStatus {
  return { commit, context, state, description: fitText(description, MAX_STATUS_LENGTH), url: null, about: null };
}

export function shortSha(commit: string): string {
  return commit.slice(0, 7);
}

// The run

export function applying(plan: Plan): Sentence {
  return { state: 'pending', description: `applies ${countOf(plan.steps.length, 'target')}: ${list(plan.steps)}` };
}

/** For a run that changes nothing. */
export function looking(plan: Plan): Sentence {
  return { state: 'pending', description: `checks ${countOf(plan.steps.length, 'target')}` };
}

export function nothingToDo(): FinalSentence {
  return { state: 'success', description: 'nothing to do: everything is as this commit says' };
}

export function waitsForRunning(commit: string): Sentence {
  return { state: 'pending', description: `waits for the running steps of ${shortSha(commit)} to end` };
}

/** @param since ISO 8601; the same for as long as the node is away, so that it is said once */
export function waitsForNode(node: string, { since, why }: { readonly since: string; readonly why: string }): Sentence {
  return {
    state: 'pending',
    description: `waiting for the node ${node}, away since ${since.slice(11, 16)} UTC: ${why}`,
  };
}

export function waitsForTurn(): Sentence {
  return { state: 'pending', description: 'asked for again: waits for its turn' };
}

export function superseded(by: string): FinalSentence {
  return { state: 'error', description: `superseded by ${shortSha(by)}` };
}

export function frozen(reason: string): FinalSentence {
  return {
    state: 'failure',
    description: failureText({ what: 'frozen', why: reason, remedy: 'to go on: phoenix unfreeze' }),
  };
}

/** Every error is counted; the first is named with its place. */
export function invalid(problems: readonly Problem[]): FinalSentence {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return { state: 'failure', description: 'invalid; nothing was changed' };
  const count = countOf(errors.length, 'error');
  return { state: 'failure', description: errorText(count, `${count}, nothing was changed`, first) };
}

/** `1 error, nothing was changed. etc/phoenix_lxc_configs.json:12: 0 is too little; Write at least 16.` */
export function errorText(count: string, said: string, { file, line, message, hint }: Problem): string {
  const place = `${file}:${line}`;
  const what = `${said}. ${place}`;
  const shorter = { what: `${count}. ${place}`, remedy: SAYS_MORE };
  return fitFailure({ what, why: message, remedy: hint }, MAX_STATUS_LENGTH, shorter);
}

export function rewritten(head: string, base: string): FinalSentence {
  const go = `phoenix replay ${shortSha(head)} --rewind`;
  return {
    state: 'failure',
    description: `refused: does not come after ${shortSha(base)}, which was applied; to go on all the same: ${go}`,
  };
}

/** Nothing goes on any more for what reads pending. */
export function interrupted(commit: string): FinalSentence {
  return {
    state: 'error',
    description: `interrupted, and its end is not known; to check again: phoenix replay ${shortSha(commit)}`,
  };
}

export function broken(what: string): FinalSentence {
  return { state: 'error', description: what };
}

/** The branch has this head, and what it consists of does not get here. */
export function notFetched(why: string): FinalSentence {
  return broken(`not fetched: ${why}`);
}

/** How a run ended that has an outcome for every step. */
export function ended(run: RunId, steps: readonly StepRecord[]): FinalSentence {
  const failed = steps.filter(({ outcome }) => outcome === 'failed');
  const blocked = steps.filter(({ outcome }) => outcome === 'blocked');
  const [firstFailed] = failed;
  const [firstBlocked] = blocked;
  if (firstFailed !== undefined) {
    const count = `${failed.length} of ${steps.length} failed`;
    return { state: 'failure', description: `${count}: ${firstFailed.target}: ${firstFailed.reason ?? ''}` };
  }
  if (firstBlocked !== undefined) {
    const more = blocked.length === 1 ? '' : ` (and ${blocked.length - 1} more)`;
    return {
      state: 'failure',
      description: `${firstBlocked.target}${more}: ${firstBlocked.reason ?? `run ${run}`}`,
    };
  }
  const applied = steps.filter(({ outcome }) => outcome === 'applied').length;
  const unchanged = steps.length - applied;
  if (applied === 0)
    return { state: 'success', description: `${countOf(unchanged, 'target')} checked, all as declared` };
  const rest = unchanged === 0 ? '' : `, ${unchanged} already as declared`;
  return { state: 'success', description: `applied ${countOf(applied, 'target')}${rest}` };
}

/**
 * The same of a run that brought back what is declared.
 *
 * @param others that the look before it found otherwise too, and that were not healed
 */
export function healed(run: RunId, steps: readonly StepRecord[], others: readonly TargetId[]): FinalSentence {
  const back = steps.filter(({ outcome }) => outcome === 'applied').map(({ target }) => target);
  const said = ended(run, steps);
  if (said.state !== 'success' || back.length === 0) return said;
  const named = back.length > 3 ? `${back.slice(0, 3).join(', ')} and ${back.length - 3} more` : back.join(', ');
  const description = `healed ${countOf(back.length, 'target')}: ${named}`;
  const [other] = others;
  if (other === undefined) return { state: 'success', description };
  const more = others.length === 1 ? '' : ` and ${others.length - 1} more`;
  return { state: 'failure', description: `${description}; not as declared: ${other}${more}` };
}

// One step

export function stepWaits({ verb, impact }: Pick<PlanStep, 'verb' | 'impact'>): Sentence {
  return { state: 'pending', description: `${verb} planned, ${IMPACT_WORDS[impact]}` };
}

export function stepEnded(outcome: Outcome, reason: string | null): FinalSentence {
  switch (outcome) {
    case 'applied':
      return { state: 'success', description: reason ?? 'applied' };
    case 'unchanged':
      return { state: 'success', description: reason ?? 'already as declared' };
    case 'failed':
    case 'blocked':
      return { state: 'failure', description: reason ?? outcome };
    case 'skipped':
      // The forge has no word of its own for it.
      return { state: 'error', description: reason === null ? outcome : `${outcome}: ${reason}` };
    case 'superseded':
      return { state: 'error', description: reason ?? outcome };
    default:
      return outcome satisfies never;
  }
}

/** Why what was proved of a target may hold no more, and what settles it. */
export function doubtText(doubt: Doubt): string {
  const again = 'phoenix converge proves it again';
  switch (doubt.kind) {
    case 'absent':
      return `it is not on the host any more; ${again}`;
    case 'needs what is gone':
      return `${doubt.need} is not there any more; ${again}`;
    case 'needs what was recreated':
      return `${doubt.need} was recreated since; ${again}`;
    case 'needs what is not proved':
      return `${doubt.need} was changed since and did not prove its end; ${again}`;
    case 'lies in what is in doubt':
      return `it lies in ${doubt.need}, which is in doubt; ${again}`;
    default:
      return doubt satisfies never;
  }
}

/** Why a step did not start, or how it ended. */
export const WHY = {
  needsApproval: (
    run: RunId,
    { target, impact, approvals = 1 }: Pick<PlanStep, 'target' | 'impact'> & Partial<Pick<PlanStep, 'approvals'>>,
    given = 0,
  ) => {
    const many = approvals > 1 ? `, with ${given} of ${approvals} approvals` : '';
    return `would ${impact === 'live' ? 'change' : impact} it${many}; to allow it: phoenix approve ${run} ${target}`;
  },
  protected: ({ target, impact }: Pick<PlanStep, 'target' | 'impact'>) =>
    `would ${impact} it, but it is protected; take "protected" off ${target} first`,
  held: ({ file, line, message, hint }: Problem) =>
    failureText({ what: 'held back by an older problem', why: `${file}:${line}: ${message}`, remedy: hint }),
  skipped: (because: TargetId, outcome: Outcome | undefined) =>
    `it needs ${because}, which ${outcome === 'blocked' ? 'is blocked' : 'failed'}`,
  superseded: (by: string) => `superseded by ${shortSha(by)}`,
  differs: (actions: readonly Action[]) => `${DIFFERS}; it would take: ${firstSummaries(actions)}`,
  doesNotRun: (target: TargetId) => `${target} can neither be started nor stopped`,
  stillDiffers: (actions: readonly Action[]) =>
    `still differs after all was done; it would take again: ${summaries(actions)}`,
  noEffect: ({ summary }: Action) =>
    `still differs after all was done; it would take again: ${summary}, which ended well and had no effect`,
  failedYetDone: (failure: string) => `as declared, although a command failed: ${failure}`,
  noRollback: (obstacle: string) => `no way back, since no snapshot was taken before the change: ${obstacle}`,
  notShown: (actions: readonly Action[]) =>
    `nothing was done: it would take ${summaries(actions) || 'nothing'}, which is not what was shown; ask for a dry run again and check it`,
  /** A change that failed, of which nothing was kept to come back to. */
  failedWithoutWayBack: (why: string, obstacle: string) => alsoTelling(why, WHY.noRollback(obstacle)),
  sick: (said: string) => `changed, but not healthy: ${said}`,
  rolledBack: (why: string) => `rolled back to the snapshot before the change: ${why}`,
  putBack: (why: string) => alsoTelling(why, 'what served before is back in place'),
  notRolledBack: (why: string, failure: string) => followedBy(why, `rolling back failed too: ${failure}`),
} as const;

/** What is at the beginning of a look that found a difference. */
export const DIFFERS = 'differs from what is declared';
/** Of what a look would take this many actions are said; its step has all. */
const MAX_SAID = 4;

function firstSummaries(actions: readonly Action[]): string {
  const left = actions.length - MAX_SAID;
  return left <= 1 ? summaries(actions) : `${summaries(actions.slice(0, MAX_SAID))} and ${left} more`;
}

function summaries(actions: readonly Action[]): string {
  return actions.map(({ summary }) => summary).join(', ');
}

const IMPACT_WORDS = {
  live: 'without interruption',
  restart: 'restarts it',
  recreate: 'recreates it',
  destroy: 'destroys it',
} as const;

function list(steps: readonly PlanStep[]): string {
  const names = steps.slice(0, 5).map(targetLabel);
  return steps.length > names.length ? `${names.join(', ')} and ${steps.length - names.length} more` : names.join(', ');
}

export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
