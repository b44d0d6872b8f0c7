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
