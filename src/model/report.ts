// What is written on a commit or under a pull request, before it is turned into a forge's own request.

import type { RunId, TargetId } from './ids.ts';

export type FinalState = 'success' | 'failure' | 'error';
export type StatusState = 'pending' | FinalState;

/** What a status tells of: where the details are that a forge may be able to show. */
export type Subject =
  | { readonly kind: 'run'; readonly run: RunId; readonly target: TargetId | null }
  /** The plan of a pull request, by its number. */
  | { readonly kind: 'pull'; readonly pull: number }
  /** The plan of a commit that a merge queue tries, by that commit; the newest pull request in it. */
  | { readonly kind: 'queue'; readonly pull: number; readonly head: string };

interface StatusText {
  readonly commit: string;
  /** `phoenix/apply`, `phoenix/plan`, `phoenix/drift` or `phoenix/<kind>/<name>`. */
  readonly context: string;
  /** At most 140 characters; no durations or times. */
  readonly description: string;
  /** Where the details are; null when no public URL is set. */
  readonly url: string | null;
}

/** What reads pending tells of something that the ledger holds and will end: there is no other way to say it. */
export type CommitStatus = StatusText &
  (
    | { readonly state: 'pending'; readonly about: Subject }
    /** Null for a sentence that stands alone. */
    | { readonly state: FinalState; readonly about: Subject | null }
  );

/** The one comment under a pull request that is kept up to date, or the answer to one command, which stands below it. */
export interface PullComment {
  readonly pull: number;
  /** Markdown. */
  readonly body: string;
  /** Where all of it is, for one that is longer than a forge takes; absent when nowhere. */
  readonly url?: string;
  /** The forge's id of the command that it answers; absent for the one that is kept up to date. */
  readonly answers?: string;
}

export type Report = CommitStatus | PullComment;

export function isComment(report: Report): report is PullComment {
  return 'pull' in report;
}

/** A place in the repository that a problem stands at. */
export interface Annotation {
  /** From the top of the repository. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly level: 'failure' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** What a person may ask for by one press. */
export type Button = 'approve' | 'replay';

/** What a forge with checks shows of a status beside its sentence. */
export interface Details {
  /** Markdown, of any length: whoever sends it cuts it. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly buttons: readonly Button[];
}
