// The form of a commit status: its contexts, its link, and its description of at most 140 characters. The sentences themselves are in
// run-status.ts and step-status.ts: they hold no durations or times, so that a repeated status is recognised as the same one, and they say
// what to do where a person has to act.

import { fitText } from '../../model/failure.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { CommitStatus, FinalState, StatusState, Subject } from '../../model/report.ts';

/** GitHub refuses longer ones with 422. */
export const MAX_STATUS_LENGTH = 140;

/** What a status says, before it is known on which commit and with which link. */
export interface Sentence {
  readonly state: StatusState;
  readonly description: string;
}

/** The last status of its context on this commit. */
export interface FinalSentence extends Sentence {
  readonly state: FinalState;
}

export const APPLY_CONTEXT = 'phoenix/apply';
export const PLAN_CONTEXT = 'phoenix/plan';
export const DRIFT_CONTEXT = 'phoenix/drift';

export function stepContext(target: TargetId): string {
  return `phoenix/${target}`;
}

/** The address of the page of a run or of one of its steps. Statuses on old commits hold these addresses: they must not change. */
export function runUrl(publicUrl: string | null, run: RunId, target?: TargetId): string | null {
  if (publicUrl === null) return null;
  return `${publicUrl.replace(/\/+$/, '')}/runs/${run}${target === undefined ? '' : `/${target}`}`;
}

/** What a status reports on, and the page that shows it. */
export interface Link {
  readonly url: string | null;
  readonly about: Subject;
}

export function toRun(publicUrl: string | null, run: RunId, target?: TargetId): Link {
  return { url: runUrl(publicUrl, run, target), about: { kind: 'run', run, target: target ?? null } };
}

/** To the page with the plan of a pull request. */
export function toPull(publicUrl: string | null, pull: number): Link {
  const url = publicUrl === null ? null : `${publicUrl.replace(/\/+$/, '')}/pulls/${pull}`;
  return { url, about: { kind: 'pull', pull } };
}

/** A merge queue's attempt has no page of its own: it links to that of its pull request. */
export function toQueued(publicUrl: string | null, pull: number, head: string): Link {
  return { ...toPull(publicUrl, pull), about: { kind: 'queue', pull, head } };
}

export function status(commit: string, context: string, said: Sentence, { url, about }: Link): CommitStatus {
  return { commit, context, state: said.state, description: fitText(said.description, MAX_STATUS_LENGTH), url, about };
}

/** The final status of a commit of which the ledger holds nothing. */
export function statusAlone(commit: string, context: string, { state, description }: FinalSentence): CommitStatus {
  return { commit, context, state, description: fitText(description, MAX_STATUS_LENGTH), url: null, about: null };
}

export function shortSha(commit: string): string {
  return commit.slice(0, 7);
}
