// The port to the forge: sends statuses and comments, and reads what people did there. Each implementation in `io/forge`, and the lab's forge, passes
// `test/ports/forge.contract.ts`.

import type { CommitSha } from '../model/ids.ts';
import type { CommitStatus, Details, PullComment } from '../model/report.ts';

export type SendResult =
  /** `handle`: the forge's id of it, to be passed with the next report that replaces it. */
  | { readonly sent: true; readonly handle: string | null }
  /**
   * Worth a retry, not before `retryAfterSeconds`: an outage, or something that a person has to fix, such as a revoked token.
   * `holds`: other requests fail too, so all reports wait with this one. `unclear`: the forge may still process the request, late.
   */
  | {
      readonly sent: false;
      readonly retryAfterSeconds: number;
      readonly holds: boolean;
      readonly unclear: boolean;
      readonly reason: string;
    }
  /** Will never succeed: the forge has no such commit or pull request, or does not accept the text. */
  | { readonly sent: false; readonly retryAfterSeconds: null; readonly reason: string };

export interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** Description by its author; may be empty. */
  readonly description: string;
  readonly author: string;
  /** The head, which the repository itself has too for a fork. */
  readonly head: CommitSha;
  /** The branch that it is to be merged into. */
  readonly base: string;
  /** Its head is in a fork, or in no branch at all (AGit), so its author need not be allowed to push here. */
  readonly fork: boolean;
  readonly open: boolean;
  /** The merge commit on the branch; null while it is not merged. */
  readonly mergedAs: CommitSha | null;
  /** Who merged it; null while it is not merged, or where unknown. */
  readonly mergedBy: string | null;
}

/** A commit that a merge queue tests before the branch moves to it, with everything ahead of it in the queue. */
export interface QueuedMerge {
  readonly head: CommitSha;
  /** The newest pull request in it. */
  readonly pull: number;
}

/** The current state of a comment under a pull request. */
export interface ForgeComment {
  readonly author: string;
  /** Of a program: an App, or whoever the forge calls a bot. */
  readonly byProgram: boolean;
  readonly body: string;
  readonly created: Date;
  /** Its text is not the first any more. */
  readonly edited: boolean;
}

/** The current state of a code review. */
export interface ForgeReview {
  readonly id: string;
  readonly author: string;
  /** Of a program: an App, or whoever the forge calls a bot. */
  readonly byProgram: boolean;
  readonly body: string;
  readonly submitted: Date;
  /** It approves, was not dismissed, and its author has not requested changes since. */
  readonly approves: boolean;
  /** The head that was reviewed. */
  readonly head: string;
  /** Whether the forge says that its author may push; null where it does not say. */
  readonly mayPush: boolean | null;
}

/** The forge's record of a sent webhook. */
export interface SentWebhook {
  readonly event: string;
  readonly payload: unknown;
}

/** The forge's rate limit, according to its last response. */
export interface ForgeLimit {
  /** Remaining requests. */
  readonly remaining: number;
  /** The total; null where unknown. */
  readonly limit: number | null;
  /** When the limit resets, in seconds since 1970; null where unknown. */
  readonly resets: number | null;
}

/** How the deliveries of a webhook ended, according to the forge. */
export interface SentWebhooks {
  /** Those that never arrived: their newest attempt, oldest first. */
  readonly lost: readonly number[];
  /** The newest ones, if they failed; null when the newest arrived, or there is none. */
  readonly failing: FailingWebhooks | null;
  /** Whether the newest arrived. */
  readonly arrives: boolean;
}

export interface FailingWebhooks {
  /** When the first of them was sent, ISO 8601. */
  readonly since: string;
  /** Status code of the newest, in the forge's record: also where nothing answered. 0 for none. */
  readonly code: number;
  /** In the forge's words: `Invalid HTTP Response: 401`, `failed to connect to host`; empty for none beside the code. */
  readonly status: string;
}

/** The forge. Reads fail with `ForgeFailure` of `ports/forge-failure.ts`. */
export interface Forge {
  /** Whether statuses become checks, which show details and have buttons. */
  readonly checks: boolean;
  /** Maximum rate of reports; null: unlimited. */
  readonly limits: { readonly perMinute: number; readonly perHour: number } | null;
  /** @param handle handle of the report that it replaces; null for the first */
  setStatus(status: CommitStatus, details: Details | null, handle: string | null): Promise<SendResult>;
  /** @param edited a line above it when somebody else had changed the comment */
  setComment(comment: PullComment, handle: string | null, edited: string): Promise<SendResult>;
  openPulls(): Promise<readonly PullRequest[]>;
  /** Commits for which the followed branch's merge queue waits; empty where the forge has no merge queue. */
  queued(): Promise<readonly QueuedMerge[]>;
  /** Null for an unknown number. */
  pull(number: number): Promise<PullRequest | null>;
  /**
   * Whether that person may push to the followed branch.
   *
   * @param signed the permission in a signed event by that person; null for none. Used where the forge has no exact answer
   */
  mayWrite(login: string, signed: boolean | null): Promise<boolean>;
  /** Null when the pull request has no such comment. */
  comment(pull: number, id: string): Promise<ForgeComment | null>;
  /** Oldest first; empty where the forge does not say which head was reviewed. */
  reviews(pull: number): Promise<readonly ForgeReview[]>;
  /** A webhook sent since then, by its delivery id; null when the forge has no accessible record of it. */
  sentWebhook(delivery: string, since: Date): Promise<SentWebhook | null>;
  /** Numbers of the pull requests that contain the commit according to the forge. */
  pullsOf(commit: CommitSha): Promise<readonly number[]>;
  /** Text by its author: title, description and the message of each commit. */
  pullTexts(number: number): Promise<readonly string[]>;
  /** Who moved the followed branch to the commit; null for nobody, undefined when there is no accessible record. */
  pusherOf(commit: CommitSha): Promise<string | null | undefined>;
  /** The current name of the repository, `owner/name`: it may have been renamed. */
  repositoryName(): Promise<string>;
  /** Phoenix's contexts with a pending status on a commit. */
  pending(commit: CommitSha): Promise<readonly string[]>;
  /** What the forge says of its deliveries to this agent since then; null when it has no accessible record of them. */
  sentWebhooks(since: Date): Promise<SentWebhooks | null>;
  /** Requests redelivery. @param lost of `sentWebhooks` */
  redeliver(lost: readonly number[]): Promise<void>;
  /** How far the forge's clock is ahead of ours, in milliseconds: its timestamps use its own clock. */
  clockAheadMs(): number;
  /** Null before the first response, and for a forge that reports none. */
  limit(): ForgeLimit | null;
  /** The current token for Git; it may change every hour. */
  token(): Promise<string>;
}
