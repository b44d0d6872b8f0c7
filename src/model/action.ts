// What a manager wants done, as data: printed, logged, counted, tested and only then run, by one runner.

import type { Json } from './json.ts';
import type { Impact } from './plan.ts';

/** A secret by reference: `env:NAME`, `file:PATH` or `sops:FILE#PATH`, resolved at the last moment. Plain JSON, since specs hold it. */
export type SecretReference = {
  readonly $secret: string;
  /** Of the encrypted file that it is in. */
  readonly blob?: string;
  /** Keyed digest of the value that it has now, where somebody looked: see `sealSecrets`. */
  readonly digest?: string;
};

export interface Command {
  readonly kind: 'command';
  /** A program's name, found on the node's PATH. Never a shell line. */
  readonly program: string;
  readonly args: readonly string[];
  /** Given on standard input: the only way for a secret or a file's content to reach a program. */
  readonly stdin?: Content;
  readonly timeoutSeconds: number;
  /**
   * The program's own exit code hides that of what it ran: `guest-exec` prints it as JSON (`qm guest exec`), `task` ends with 0
   * however its task ended, whose error is the one line on standard error (`pvesh create`, `pveam download`), and `quiet` ends with 0
   * although it did not do what it complains of there (`exportfs`). `readAnswer` in managers/guest/proxmox/answer.ts turns such a result
   * into the one that was meant.
   */
  readonly answer?: 'guest-exec' | 'task' | 'quiet';
}

export interface FileWrite {
  readonly kind: 'file';
  /** Absolute path on the node. Written beside it first, then renamed. */
  readonly path: string;
  readonly content: Content;
  /** Permission bits, for example 0o640. */
  readonly mode: number;
  /** Default: root. Given together with the mode, before the file has its name. */
  readonly owner?: FileOwner;
  /** Refuses when the file no longer has this content's SHA-256; `absent` when it must not exist. */
  readonly expects?: string;
}

/**
 * Lines that a text file of the node is to have, after those that it has. Whoever else adds some at the same time, all of them are in it
 * then: for files that steps of different targets edit.
 */
export interface FileLines {
  readonly kind: 'lines';
  /** Absolute. It keeps its mode and owner. */
  readonly path: string;
  /** Each whole, without its end. One that is there already is not added again. */
  readonly lines: readonly string[];
  /** Lines before them, and permission bits, of a file that is not there. */
  readonly absent: { readonly lines: readonly string[]; readonly mode: number };
}

/** Ids on the node. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Files of the node that take the places of others, with owner and mode from the first moment. What they hold does not leave the
 * node. All are complete beside their places before the first takes its own; `from` stays.
 */
export interface FilePlace {
  readonly kind: 'place';
  readonly files: readonly {
    readonly from: string;
    readonly to: string;
    readonly owner: FileOwner;
    readonly mode: number;
  }[];
}

/** Files of the node that are to be there no more; folders stay. */
export interface FileRemove {
  readonly kind: 'remove';
  readonly paths: readonly string[];
}

/** A folder of the node that must be there, for example the source of a bind mount. One that is there keeps its mode and content. */
export interface FolderMake {
  readonly kind: 'folder';
  /** Absolute; the folders above it are made too. */
  readonly path: string;
  /** Ids on the node that own the folder itself, not what is in it; null: left as it is. */
  readonly uid: number | null;
  readonly gid: number | null;
  /** Permission bits of a folder that is made. Default: 0o755. */
  readonly mode?: number;
}

/**
 * One request to a service in the node's network: Portainer, the certificate authority, a gateway asked from outside. It goes
 * out from the node, whatever machine Phoenix runs on. Redirects are not followed, cookies not kept.
 */
export interface HttpRequest {
  readonly kind: 'http';
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `http:` or `https:`, for example `https://portainer.example.internal:9443/api/stacks`. */
  readonly url: string;
  /** Where to connect instead of asking for the address of the URL's host, which stays the name that the service is addressed by. */
  readonly address?: string;
  /** What the service's certificate is checked against: a PEM file of the node, or what the system trusts. `none` where the peer proves itself otherwise. */
  readonly trust: { readonly file: string } | 'system' | 'none';
  /** Content only for those that hold a secret. */
  readonly headers?: Readonly<Record<string, string | Content>>;
  readonly body?: HttpBody;
  readonly timeoutSeconds: number;
  /** Statuses that count as done. Default: 200 to 299. */
  readonly accept?: readonly number[];
  /** A secret in the JSON answer, by its pointer, that is kept in a file of the node that only root reads, and shown nowhere. */
  readonly keep?: { readonly pointer: string; readonly path: string };
  /** What the JSON answer must hold at a pointer to count as done: for waiting with `until`. */
  readonly expect?: { readonly pointer: string; readonly oneOf: readonly Json[] };
}

/** JSON in which texts are put in place of their references when it is sent. */
export type RequestJson =
  | null
  | boolean
  | number
  | string
  | readonly RequestJson[]
  | { readonly $content: Content }
  | { readonly [key: string]: RequestJson | undefined };

/**
 * In JSON an object `{"$secret": …}` stands for the secret's text and `{"$content": Content}` for that content's, put in at the
 * last moment. A form is sent as multipart/form-data.
 */
export type HttpBody =
  | { readonly json: RequestJson }
  | { readonly form: Readonly<Record<string, string>> }
  | { readonly text: Content };

/**
 * A certificate from the environment's authority, for a request that lies on the node. The key stays where it is: only the
 * request goes to the authority, and only the certificate, with what is between it and the root, comes back.
 */
export interface CertificateSigning {
  readonly kind: 'signing';
  /** File of the node with the request, as PEM. */
  readonly request: string;
  /** File of the node that the certificate is written to. */
  readonly certificate: string;
  readonly commonName: string;
  /** DNS names and addresses. */
  readonly names: readonly string[];
  /** Null: what the authority gives by itself. */
  readonly lifetimeSeconds: number | null;
  /** For example `https://ca.example.internal:9000`. */
  readonly authority: string;
  /** Where to connect; null: where the URL's host leads. */
  readonly address: string | null;
  /** File of the node with the authority's root certificate. */
  readonly root: string;
  readonly by: SigningWay;
  readonly timeoutSeconds: number;
  /** Until when the certificate is valid that stays in use should this fail, as `2026-01-31 12:00 UTC`; null: there is none. */
  readonly until: string | null;
}

export type SigningWay =
  /** By a token of a provisioner, whose password lies in a file of the authority's container. */
  | {
      readonly kind: 'jwk';
      readonly provisioner: string;
      readonly password: { readonly container: number; readonly path: string };
    }
  /** By ACME: each name is proved by a file that a container shows on port 80 below `/.well-known/acme-challenge/`. */
  | {
      readonly kind: 'acme';
      /** Path of the directory below the authority's URL. */
      readonly directory: string;
      readonly challenges: { readonly container: number; readonly folder: string };
      /** File of the node with the key of the account; made when it is missing. */
      readonly account: string;
    };

/**
 * Text as it is, a file of the config repo by its blob id, one that Phoenix ships (path below its own folder), a public one of the
 * node or the fingerprint of the certificate in it (SHA-256, as `step` prints it), a secret, or several in a row.
 */
export type Content =
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'blob'; readonly blob: string }
  | { readonly from: 'shipped'; readonly path: string }
  | { readonly from: 'node' | 'fingerprint'; readonly path: string }
  | { readonly from: 'secret'; readonly secret: SecretReference }
  /** A secret that Phoenix itself keeps in a file of the node, below /var/lib/phoenix. No configuration can name one. */
  | { readonly from: 'kept'; readonly path: string }
  | { readonly from: 'joined'; readonly parts: readonly Content[] }
  /** A value as compose takes it from a file of variables: quoted where it has to be. */
  | { readonly from: 'variable'; readonly value: Content }
  /** A compose file of the config repo with additions to its services, whatever else is in it left as it stands. */
  | {
      readonly from: 'compose';
      readonly blob: string;
      readonly additions: ComposeAdditions;
      /** Stands before it as a comment, with the SHA-256 of what follows: who changes it by hand is found out. */
      readonly heading?: string;
    };

/** By the name of a service. What is there already is kept; a label of the same key is replaced. */
export interface ComposeAdditions {
  readonly [service: string]: {
    /** `key=value`; a dollar sign is the value's own. */
    readonly labels?: readonly string[];
    /** Arguments after those that it has. */
    readonly command?: readonly string[];
    /** As in the short form of `volumes`. */
    readonly volumes?: readonly string[];
  };
}

export interface Action {
  /** One sentence for people, for example `set memory of 101 to 4096 MB`. */
  readonly summary: string;
  readonly impact: Impact;
  readonly do: Command | FileWrite | FileLines | FilePlace | FileRemove | FolderMake | HttpRequest | CertificateSigning;
  /** Exit 0 is required unless this says that a failure is looked at by the next observation instead. */
  readonly failure?: 'observe';
  /** What to do should it fail, where more is known of that than its program says. */
  readonly remedy?: string;
  /** Carried out when it has failed: takes back what it may have left to come into force later. How that ends changes nothing. */
  readonly undo?: Command;
  /** Only writes down what is there: without it the target is as declared anyway. */
  readonly notes?: true;
  /** For waiting: tried again until it exits 0, `times` times at most; only the last failure counts. */
  readonly until?: { readonly times: number; readonly intervalSeconds: number };
}
