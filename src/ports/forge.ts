// The port to the forge: the statuses and comments that it is sent, and what people did there. Each implementation in `io/forge`, and the
// lab's forge, passes `test/ports/forge.contract.ts`.

import type { CommitSha } from '../model/ids.ts';
import type { CommitStatus, Details, PullComment } from '../model/report.ts';

export type SendResult =
  /** `handle`: what the forge calls it, to be given with the next report in its place. */
  | { readonly sent: true; readonly handle: string | null }
  /**
   * Worth another try, not before `retryAfterSeconds`: an outage, or what a person puts right, as a token that was revoked.
   * `holds`: nothing else gets through either, so that all reports wait with this one. `unclear`: the forge may do it all the same, and late.
   */
  | {
      readonly sent: false;
      readonly retryAfterSeconds: number;
      readonly holds: boolean;
      readonly unclear: boolean;
      readonly reason: string;
    }
  /** Never going to work: the forge has no such commit or pull request, or does not take the text. */
  | { readonly sent: false; readonly retryAfterSeconds: null; readonly reason: string };

export interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** What its author says of it; empty for nothing. */
  readonly description: string;
  readonly author: string;
  /** The repository itself has it, also when it is of a fork. */
  readonly head: CommitSha;
  /** The branch that it is to be merged into. */
  readonly base: string;
  /** Its head lies in a fork, or in no branch at all (AGit), so that whoever pushed it need not be one who may push here. */
  readonly fork: boolean;
  readonly open: boolean;
  /** The commit on the branch that it became; null while it is not merged. */
  readonly mergedAs: CommitSha | null;
  /** Who merged it; null while it is not merged, and where the forge does not say. */
  readonly mergedBy: string | null;
}

/** What a merge queue tries before the branch moves to it: a commit of the forge, with all that is before it in the queue. */
export interface QueuedMerge {
  readonly head: CommitSha;
  /** The pull request that it adds to those before it. */
  readonly pull: number;
}

/** A comment under a pull request, as the forge has it now. */
export interface ForgeComment {
  readonly author: string;
  /** Of a program: an App, or whoever the forge calls a bot. */
  readonly byProgram: boolean;
  readonly body: string;
  readonly created: Date;
  /** Its text is not the first any more. */
  readonly edited: boolean;
}

/** A code review of a pull request, as the forge has it now. */
export interface ForgeReview {
  readonly id: string;
  readonly author: string;
  /** Of a program: an App, or whoever the forge calls a bot. */
  readonly byProgram: boolean;
  readonly body: string;
  readonly submitted: Date;
  /** It approves, nobody has dismissed it, and its author has not asked for changes since. */
  readonly approves: boolean;
  /** The head that was reviewed. */
  readonly head: string;
  /** The forge counts its author among those who may push; null where it does not say. */
  readonly mayPush: boolean | null;
}

/** What a forge keeps of a webhook that it sent. */
export interface SentWebhook {
  readonly event: string;
  readonly payload: unknown;
}

/** How much a forge may still be asked, as its last answer said. */
export interface ForgeLimit {
  /** Requests that are left. */
  readonly remaining: number;
  /** Of how many; null where it does not say. */
  readonly limit: number | null;
  /** When there are as many again, in seconds since 1970; null where it does not say. */
  readonly resets: number | null;
}

/** Where the repository lives. What reads fails with `ForgeFailure` of `ports/forge-failure.ts`. */
export interface Forge {
  /** Whether statuses become checks, which show details and have buttons. */
  readonly checks: boolean;
  /** How many reports it takes; null: as many as there are. */
  readonly limits: { readonly perMinute: number; readonly perHour: number } | null;
  /** @param handle of the report that it takes the place of; null for the first */
  setStatus(status: CommitStatus, details: Details | null, handle: string | null): Promise<SendResult>;
  /** @param edited said above it when somebody else had changed the comment since */
  setComment(comment: PullComment, handle: string | null, edited: string): Promise<SendResult>;
  openPulls(): Promise<readonly PullRequest[]>;
  /** What the merge queue of the followed branch waits for an answer on; none where the forge has no such queue. */
  queued(): Promise<readonly QueuedMerge[]>;
  /** Null when there is none of that number. */
  pull(number: number): Promise<PullRequest | null>;
  /**
   * Whether that person may push to the branch that is followed.
   *
   * @param signed what a signed event of that person said of it; null where none did. It counts where the forge has no exact answer
   */
  mayWrite(login: string, signed: boolean | null): Promise<boolean>;
  /** Null when the pull request has no such comment. */
  comment(pull: number, id: string): Promise<ForgeComment | null>;
  /** Oldest first; none where the forge does not tell which head was reviewed. */
  reviews(pull: number): Promise<readonly ForgeReview[]>;
  /** A webhook that the forge sent since then, by its delivery's id; null when it knows of none, or keeps none that we may see. */
  sentWebhook(delivery: string, since: Date): Promise<SentWebhook | null>;
  /** Numbers of the pull requests that the forge says the commit belongs to. */
  pullsOf(commit: CommitSha): Promise<readonly number[]>;
  /** What its author wrote: title, description and the message of each commit. */
  pullTexts(number: number): Promise<readonly string[]>;
  /** Who moved the followed branch to the commit; null when nobody did, undefined when the forge keeps no record that we may see. */
  pusherOf(commit: CommitSha): Promise<string | null | undefined>;
  /** The name that the repository has now, `owner/name`: it may have been renamed. */
  repositoryName(): Promise<string>;
  /** Contexts of ours that read pending on a commit. */
  pending(commit: CommitSha): Promise<readonly string[]>;
  /** Asks for deliveries again that failed since then and have not come since; how many. Null where the forge has no way to ask. */
  redeliver(since: Date): Promise<number | null>;
  /** How far the forge's clock is ahead of ours, in milliseconds: times that it gives are by its own. */
  clockAheadMs(): number;
  /** Null before the first answer, and for a forge that says nothing of it. */
  limit(): ForgeLimit | null;
  /** What Git shows to fetch from it; it may be another in an hour. */
  token(): Promise<string>;
}
