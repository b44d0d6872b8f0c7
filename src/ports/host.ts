// The port to one node: its programs, its files and the services in its network. Each implementation in `io/host` and each wrapper of one
// passes `test/ports/host.contract.ts`.

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
} from '../model/action.ts';

export interface CommandResult {
  /** Null when it was killed or never started. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Wall time in milliseconds. */
  readonly ms: number;
  /**
   * `unknown`: the connection or the watching process was lost: it may still be running. `not started`: an earlier one for the
   * same target was running; it has ended since, or did not end in time, and this one's preconditions have to be observed again.
   */
  readonly ended: 'exited' | 'timed out' | 'aborted' | 'not found' | 'killed' | 'unknown' | 'not started';
}

interface RunOptions {
  /** Aborting it kills the whole process tree. */
  readonly signal?: AbortSignal;
  /** Called with output lines as they arrive, redacted and limited. */
  readonly onOutput?: (line: string) => void;
  /**
   * The target that the command changes: only one command for it runs on the node at a time, whoever started it. It continues when
   * its starter disappears, up to its time limit. Absent for reads.
   */
  readonly target?: string;
  /** Called when it has to wait for an earlier command for the same target. */
  readonly onWait?: () => void;
}

/** The response to a request, or how it ended without one. */
export interface HttpAnswer {
  /** Null when there was no response. */
  readonly status: number | null;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The certificate that the service presented, as PEM; null without TLS or before the handshake. */
  readonly certificate: string | null;
  readonly ended: 'answered' | 'refused' | 'timed out' | 'untrusted' | 'lost' | 'aborted';
  /** Why there was no response; empty when there was one. */
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

/** The state of a path on a node. */
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
  /** SHA-256 in hexadecimal digits; null for anything but a file, and for a file of more than a million bytes. */
  readonly digest: string | null;
}

/**
 * One node: its programs, its files and the services in its network. The only place where anything on a host is read or changed.
 * Paths are opened component by component: a symbolic link is followed only where only root can have created it, since guests,
 * NFS clients and users can write below many of them. Elsewhere reads and writes fail, naming the link.
 */
export interface Host {
  readonly node: string;
  /**
   * Never fails because of the program: the result says how it ended. Methods fail with a class of `ports/host-failure.ts` when the node is
   * unreachable.
   */
  run(command: Command, options?: RunOptions): Promise<CommandResult>;
  /** Resolves when no command for that target is running on the node any more, whoever started it; each has its own time limit. */
  settle(target: string, options?: Pick<RunOptions, 'signal' | 'onWait'>): Promise<void>;
  /** Undefined when the file does not exist. */
  readFile(path: string): Promise<string | undefined>;
  /** Every regular file directly in each folder, by absolute path: one round trip however many there are. A folder that does not exist counts as empty. */
  readFolders(folders: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The state of each existing path: one round trip. A link that is not followed is no error here. */
  inspect(paths: readonly string[]): Promise<ReadonlyMap<string, FileState>>;
  /** The public half of a private key, as PEM; null where there is none. The key stays on the node. */
  publicKey(path: string): Promise<string | null>;
  /** Writes atomically; false when `expects` no longer holds and nothing was written. */
  writeFile(write: FileWrite): Promise<boolean>;
  /** Adds lines atomically, also with concurrent writers. */
  addLines(add: FileLines): Promise<void>;
  /** An existing folder is left as it is except for its owner. Fails when the folder cannot be created or its owner not be set. */
  makeFolder(folder: FolderMake): Promise<void>;
  placeFiles(place: FilePlace): Promise<void>;
  removeFiles(remove: FileRemove): Promise<void>;
  /** Never fails because of the service: the result says how it ended. */
  request(request: HttpRequest, options?: Pick<RunOptions, 'signal'>): Promise<HttpAnswer>;
  /** Never fails because of the authority: the result says how it ended. */
  sign(signing: CertificateSigning, options?: Pick<RunOptions, 'signal'>): Promise<SigningResult>;
  /**
   * A keyed digest of each secret's current value, by reference; the key stays on the node. Fails with `SecretUnavailable` of
   * `ports/secret-unavailable.ts` where a secret is unavailable.
   *
   * @param options `keep`: a missing key is created; otherwise digests are only valid in this process
   */
  secretDigests(
    references: readonly SecretReference[],
    options: { readonly keep: boolean },
  ): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}
