// The few interfaces through which Phoenix touches the world, in its own words. `io/` implements them, `main.ts` hands
// them in, and every implementation passes the same contract tests under test/ports/.

import type {
  CertificateSigning,
  Command,
  FileLines,
  FilePlace,
  FileRemove,
  FileWrite,
  FolderMake,
  HttpRequest,
  SecretReference,
} from './model/action.ts';
import type { CommitSha } from './model/ids.ts';
import type { CommitStatus, Details, PullComment } from './model/report.ts';
import type { Snapshot } from './model/snapshot.ts';

export interface CommitInfo {
  readonly sha: CommitSha;
  readonly parents: readonly CommitSha[];
  readonly message: string;
  readonly author: string;
}

/**
 * The config repo: one branch of it is followed. Of its history there is only what was needed before; a question that needs more
 * brings it, and fails where it cannot be had.
 */
export interface Repository {
  /**
   * Brings the branch up to date. Resolves to its head, or null when the branch does not exist. Fails with `HeadNotFetched` of
   * `ports/head-not-fetched.ts` where the head is known and the server does not get it across.
   */
  fetch(): Promise<CommitSha | null>;
  /** The files at a commit; content only of those the configuration reads. Fails with `NotFound` for an unknown commit. */
  snapshot(commit: CommitSha): Promise<Snapshot>;
  /** Full id of a commit, given in full, abbreviated or as a branch or tag name; null when there is none. */
  resolve(revision: string): Promise<CommitSha | null>;
  commit(commit: CommitSha): Promise<CommitInfo>;
  /** The commit object, byte for byte, as a signature covers it. */
  object(commit: CommitSha): Promise<Uint8Array>;
  /** Whether `ancestor` is `descendant` or comes before it. */
  isAncestor(ancestor: CommitSha, descendant: CommitSha): Promise<boolean>;
  /** Where two commits parted: a commit that both build on; null when they have none in common. */
  mergeBase(one: CommitSha, other: CommitSha): Promise<CommitSha | null>;
  /** The commits from `base` (exclusive) to `head`, those nearest to the head first, and no more of them than `most`. */
  commitsSince(base: CommitSha, head: CommitSha, most: number): Promise<readonly CommitInfo[]>;
  /** Bytes of one blob. */
  blob(blob: string): Promise<Uint8Array>;
  /** Ends what is under way, which fails then. */
  close(): Promise<void>;
}

export interface CommandResult {
  /** Null when it was killed or never started. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Wall time in milliseconds. */
  readonly ms: number;
  /**
   * `unknown`: the connection was lost, or what watched over it ended: it may be running still. `not started`: an earlier one for the
   * same target was found running; it has ended since, or was waited for in vain, and what this one rests on has to be looked at again.
   */
  readonly ended: 'exited' | 'timed out' | 'aborted' | 'not found' | 'killed' | 'unknown' | 'not started';
}

interface RunOptions {
  /** Ends the whole process tree. */
  readonly signal?: AbortSignal;
  /** Receives output lines as they come, redacted and capped. */
  readonly onOutput?: (line: string) => void;
  /**
   * The target that the command changes: on the node, one command of this name runs at a time, whoever started it. It goes on when
   * whoever started it is gone, for its time at most. Absent for what only looks.
   */
  readonly target?: string;
  /** Called when an earlier command for the same target is waited for. */
  readonly onWait?: () => void;
}

/** What came back for a request, or how it ended without an answer. */
export interface HttpAnswer {
  /** Null when there was no answer. */
  readonly status: number | null;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The certificate that the service showed, as PEM; null without TLS or before it was shown. */
  readonly certificate: string | null;
  readonly ended: 'answered' | 'refused' | 'timed out' | 'untrusted' | 'lost' | 'aborted';
  /** Why there was no answer; empty when there was one. */
  readonly message: string;
  /** Wall time in milliseconds. */
  readonly ms: number;
}

export interface SigningResult {
  /** Why there is no certificate; null when it was written. */
  readonly failure: string | null;
  readonly aborted: boolean;
  /** Wall time in milliseconds. */
  readonly ms: number;
}

/** What lies at a path of a node. */
export interface FileState {
  /** `link`: a symbolic link that is not followed, there or on the way. `other`: a pipe, a device or a socket. */
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
  /** SHA-256 in hexadecimal digits; null for what is no file, and for a file of more than a million bytes. */
  readonly digest: string | null;
}

/**
 * One node: its programs, its files and the services in its network. The only place where anything on a host is read or changed.
 * Paths are opened step by step: a symbolic link on the way is followed only where none but root can have made it, since guests,
 * NFS clients and users write below many of them. What writes fails there, and so does what reads, with the link's name.
 */
export interface Host {
  readonly node: string;
  /** Never fails for a program that fails: the result says how it ended. What reaches the node fails with a class of `ports/host-failure.ts` where it cannot. */
  run(command: Command, options?: RunOptions): Promise<CommandResult>;
  /** Resolves when no command for that target runs on the node any more, whoever started it; each has its own time and no more. */
  settle(target: string, options?: Pick<RunOptions, 'signal' | 'onWait'>): Promise<void>;
  /** Undefined when the file does not exist. */
  readFile(path: string): Promise<string | undefined>;
  /** Every regular file directly in each folder, by absolute path: one round trip however many there are. A folder that does not exist counts as empty. */
  readFolders(folders: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** What lies at each path, of those where something does: one round trip. A link that is not followed is no failure here. */
  inspect(paths: readonly string[]): Promise<ReadonlyMap<string, FileState>>;
  /** The public half of a private key, as PEM; null where there is none. The key stays on the node. */
  publicKey(path: string): Promise<string | null>;
  /** Atomically; false when `expects` no longer holds and nothing was written. */
  writeFile(write: FileWrite): Promise<boolean>;
  /** Atomically, also beside others who do the same. */
  addLines(add: FileLines): Promise<void>;
  /** Does nothing to a folder that is there already, but for its owner. Fails when it cannot be made or given away. */
  makeFolder(folder: FolderMake): Promise<void>;
  placeFiles(place: FilePlace): Promise<void>;
  removeFiles(remove: FileRemove): Promise<void>;
  /** Never fails for what the service does: the answer says how it ended. */
  request(request: HttpRequest, options?: Pick<RunOptions, 'signal'>): Promise<HttpAnswer>;
  /** Never fails for what the authority does: the result says how it ended. */
  sign(signing: CertificateSigning, options?: Pick<RunOptions, 'signal'>): Promise<SigningResult>;
  /**
   * A keyed digest of the value that each secret has now, by its reference; the key stays on the node. Fails with `SecretUnavailable`
   * of `ports/secret-unavailable.ts` where one cannot be given.
   *
   * @param options `keep`: a key that is missing is made; without it digests hold for this process alone
   */
  secretDigests(
    references: readonly SecretReference[],
    options: { readonly keep: boolean },
  ): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

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

export interface Log {
  info(text: string, fields?: Record<string, unknown>): void;
  warn(text: string, fields?: Record<string, unknown>): void;
  error(text: string, fields?: Record<string, unknown>): void;
}

/** Passed wherever time matters, so that the core never reads the clock itself. */
export interface Clock {
  now(): Date;
}
