// What a commit status says of a run, or of a commit that does not become one.

import { failureText, fitFailure, programWords } from '../../model/failure.ts';
import type { RunId } from '../../model/ids.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import type { StepRecord } from '../../model/run.ts';
import type { Freeze } from '../../ports/ledger.ts';
import { targetLabel } from '../changes.ts';
import { countOf } from '../count.ts';
import { utcText } from '../pages/times.ts';
import { type FinalSentence, MAX_STATUS_LENGTH, type Sentence, shortSha } from './status.ts';
import { stepReason } from './step-status.ts';

/** In place of a remedy that is too long for a status. */
const SAYS_MORE = 'phoenix validate says what to do';

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

/** @param since ISO 8601; the same for as long as the node is away, so that the status is sent once */
export function waitsForNode(node: string, { since, why }: { readonly since: string; readonly why: string }): Sentence {
  return {
    state: 'pending',
    description: `waiting for the node ${node}, away since ${since.slice(11, 16)} UTC: ${why}`,
  };
}

export function waitsForTurn(): Sentence {
  return { state: 'pending', description: 'asked for again: waits for its turn' };
}

export function superseded(commit: string, by: string): FinalSentence {
  return { state: 'error', description: stepReason.superseded(commit, by) };
}

export function frozen(reason: string): FinalSentence {
  return {
    state: 'failure',
    description: failureText({ what: 'frozen', why: reason, remedy: 'to go on: phoenix unfreeze' }),
  };
}

/** For a terminal: who froze it, and since when. The status of a commit leaves that out, so that it is sent once. */
export function waitsFrozen(freeze: Freeze): string {
  return `waits: frozen ${freezeTerms(freeze)}`;
}

/** `since 2026-01-02 03:04:05 UTC by ada: moving the storage; to go on: phoenix unfreeze`. */
export function freezeTerms({ at, by, reason }: Freeze): string {
  return failureText({
    what: `since ${utcText(at)} by ${by}`,
    why: programWords(reason),
    remedy: 'to go on: phoenix unfreeze',
  });
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

/** For a commit whose status is still pending although nothing runs for it any more. */
export function interrupted(commit: string): FinalSentence {
  return {
    state: 'error',
    description: `interrupted, and its end is not known; to check again: phoenix replay ${shortSha(commit)}`,
  };
}

export function broken(what: string): FinalSentence {
  return { state: 'error', description: what };
}

/** The forge names this commit as the head of the branch, and its objects could not be fetched. */
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

function list(steps: readonly PlanStep[]): string {
  const names = steps.slice(0, 5).map(targetLabel);
  return steps.length > names.length ? `${names.join(', ')} and ${steps.length - names.length} more` : names.join(', ');
}
