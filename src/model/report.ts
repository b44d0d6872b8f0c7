// Reports on commits and pull requests, independent of the forge.

import type { RunId, TargetId } from './ids.ts';

export type FinalState = 'success' | 'failure' | 'error';
export type StatusState = 'pending' | FinalState;

/** The subject of a status; its details are shown on forges that support more than a sentence. */
export type Subject =
  | { readonly kind: 'run'; readonly run: RunId; readonly target: TargetId | null }
  /** The plan of a pull request, by its number. */
  | { readonly kind: 'pull'; readonly pull: number }
  /** The plan of a merge queue's trial merge: its commit and its newest pull request. */
  | { readonly kind: 'queue'; readonly pull: number; readonly head: string };

interface StatusText {
  readonly commit: string;
  /** `phoenix/apply`, `phoenix/plan`, `phoenix/drift` or `phoenix/<kind>/<name>`. */
  readonly context: string;
  /** At most 140 characters, without durations or times. */
  readonly description: string;
  /** Page with details; null without a public URL. */
  readonly url: string | null;
}

/** A pending status must refer to something in the ledger that ends, so that it is eventually resolved. */
export type CommitStatus = StatusText &
  (
    | { readonly state: 'pending'; readonly about: Subject }
    /** Null without details. */
    | { readonly state: FinalState; readonly about: Subject | null }
  );

/** The comment on a pull request that is updated in place, or the answer to a command below it. */
export interface PullComment {
  readonly pull: number;
  /** Markdown. */
  readonly body: string;
  /** Link to the full text, added if the forge's limit truncates it; absent if there is none. */
  readonly url?: string;
  /** The forge's id of the answered command; absent for the comment that is updated in place. */
  readonly answers?: string;
}

export type Report = CommitStatus | PullComment;

export function isComment(report: Report): report is PullComment {
  return 'pull' in report;
}

/** An annotation of a line in the repository. */
export interface Annotation {
  /** From the top of the repository. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly level: 'failure' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** Actions on the buttons of a check run. */
export type Button = 'approve' | 'replay';

/** Details of a status on forges with check runs. */
export interface Details {
  /** Markdown of any length; truncated on sending. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly buttons: readonly Button[];
}
