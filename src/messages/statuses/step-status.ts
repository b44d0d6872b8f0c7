// What a commit status says of one step: before it runs, how it ended, and why.

import type { Action } from '../../model/action.ts';
import { failureText, followedBy, withAddition } from '../../model/failure.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import type { Outcome } from '../../model/run.ts';
import { shellWord } from '../../model/text.ts';
import type { Doubt } from '../../plan/doubts.ts';
import { type FinalSentence, type Sentence, shortSha } from './status.ts';

export function stepWaits({ verb, impact }: Pick<PlanStep, 'verb' | 'impact'>): Sentence {
  return { state: 'pending', description: `${verb} planned, ${IMPACT_WORDS[impact]}` };
}

/** @param why the last attempt did not end it; it is tried again by itself */
export function stepTriedAgain(why: string): Sentence {
  return { state: 'pending', description: `waits: ${why}` };
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

/** Why the last proof that a target is as declared may no longer hold, and how to renew it. */
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
      return `${doubt.need} was changed since, and its last step did not succeed; ${again}`;
    case 'lies in what is in doubt':
      return `it is inside ${doubt.need}, which is in doubt; ${again}`;
    default:
      return doubt satisfies never;
  }
}

/** Why a step did not start, or how it ended. */
export const stepReason = {
  needsApproval: (
    run: RunId,
    { target, impact, approvals = 1 }: Pick<PlanStep, 'target' | 'impact'> & Partial<Pick<PlanStep, 'approvals'>>,
    given = 0,
  ) => {
    const many = approvals > 1 ? `, with ${given} of ${approvals} approvals` : '';
    return `would ${impact === 'live' ? 'change' : impact} it${many}; to allow it: phoenix approve ${run} ${shellWord(target)}`;
  },
  protected: ({ target, impact }: Pick<PlanStep, 'target' | 'impact'>) =>
    `would ${impact} it, but it is protected; take "protected" off ${target} first`,
  held: ({ file, line, message, hint }: Problem) =>
    failureText({ what: 'held back by an older problem', why: `${file}:${line}: ${message}`, remedy: hint }),
  skipped: (because: TargetId, outcome: Outcome | undefined) =>
    `it needs ${because}, which ${outcome === 'blocked' ? 'is blocked' : 'failed'}`,
  /** @param by the commit of the newer run, which may be the commit itself, applied again */
  superseded: (commit: string, by: string) =>
    `superseded by ${commit === by ? 'a newer run of this commit' : shortSha(by)}`,
  differs: (actions: readonly Action[]) => `${DIFFERS}; to be done: ${firstSummaries(actions)}`,
  doesNotRun: (target: TargetId) => `${target} can neither be started nor stopped`,
  stillDiffers: (actions: readonly Action[]) =>
    `still differs after everything was done; to be done again: ${summaries(actions)}`,
  noEffect: ({ summary }: Action) =>
    `still differs after everything was done: the action "${summary}" succeeded and had no effect`,
  failedYetDone: (failure: string) => `as declared, although a command failed: ${failure}`,
  noRollback: (obstacle: string) => `cannot be rolled back, since no snapshot was taken before the change: ${obstacle}`,
  notShown: (actions: readonly Action[]) =>
    `nothing was done: what is to be done now (${summaries(actions) || 'nothing'}) is not what was shown; ask for a dry run again and check it`,
  /** A change that failed, and before which no snapshot was taken. */
  failedWithoutWayBack: (why: string, obstacle: string) => withAddition(why, stepReason.noRollback(obstacle)),
  /** Ends with the remedy of the reason, if it has one. */
  triedAgain: (why: string) => `is tried again until it passes: ${why}`,
  sick: (said: string) => `changed, but not healthy: ${said}`,
  rolledBack: (why: string) => `rolled back to the snapshot before the change: ${why}`,
  putBack: (why: string) => withAddition(why, 'the previous configuration is in use again'),
  notRolledBack: (why: string, failure: string) => followedBy(why, `rolling back failed too: ${failure}`),
} as const;

/** The first words of a check that found a difference. */
export const DIFFERS = 'differs from what is declared';
/** A check that found differences names this many of the actions that would remove them; the page of its step names all. */
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
