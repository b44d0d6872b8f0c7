// What is written on a commit or under a pull request, before it is turned into a forge's own request.

import type { RunId, TargetId } from './ids.ts';

export type FinalState = 'success' | 'failure' | 'error';
export type StatusState = 'pending' | FinalState;

/** What a status is about; a forge that can show more than a sentence gets the details of it. */
export type Subject =
  | { readonly kind: 'run'; readonly run: RunId; readonly target: TargetId | null }
  /** The plan of a pull request, by its number. */
  | { readonly kind: 'pull'; readonly pull: number }
  /** The plan of a trial merge of a merge queue: its commit, and the newest pull request in it. */
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

/** A pending status is about something that the ledger records and that ends: its type allows no other. */
export type CommitStatus = StatusText &
  (
    | { readonly state: 'pending'; readonly about: Subject }
    /** Null where there are no details. */
    | { readonly state: FinalState; readonly about: Subject | null }
  );

/** The one comment under a pull request that is kept up to date, or the answer to one command, which stands below it. */
export interface PullComment {
  readonly pull: number;
  /** Markdown. */
  readonly body: string;
  /** Link to the whole text, added where the forge's limit cuts it; absent when there is none. */
  readonly url?: string;
  /** The forge's id of the command that it answers; absent for the one that is kept up to date. */
  readonly answers?: string;
}

export type Report = CommitStatus | PullComment;

export function isComment(report: Report): report is PullComment {
  return 'pull' in report;
}

/** Marks a line of a file of the repository. */
export interface Annotation {
  /** From the top of the repository. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly level: 'failure' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** What a person may ask for by a button of a check run. */
export type Button = 'approve' | 'replay';

/** What a forge with check runs shows of a status beside its sentence. */
export interface Details {
  /** Markdown, of any length: whoever sends it cuts it. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly buttons: readonly Button[];
}
