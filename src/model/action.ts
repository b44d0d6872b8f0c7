// Actions that managers plan, as data: they are printed, logged, counted and tested, and executed by one runner.

import type { Json } from './json.ts';
import type { Impact } from './plan.ts';

/** A secret reference: `env:NAME`, `file:PATH` or `sops:FILE#PATH`, resolved just before use. Plain JSON, since specs contain it. */
export type SecretReference = {
  readonly $secret: string;
  /** Blob id of the encrypted file. */
  readonly blob?: string;
  /** Keyed digest of the current value, once it was resolved: see `sealSecrets`. */
  readonly digest?: string;
};

export interface Command {
  readonly kind: 'command';
  /** Name of a program on the node's PATH. Never a shell command. */
  readonly program: string;
  readonly args: readonly string[];
  /** Standard input: the only way in which a secret or a file's content reaches a program. */
  readonly stdin?: Content;
  readonly timeoutSeconds: number;
  /**
   * How to interpret a result whose exit code is not that of the actual operation: `guest-exec` prints it as JSON (`qm guest exec`), `task` always
   * exits with 0 and reports a failed task in one line on standard error (`pvesh create`, `pveam download`), and `quiet` exits with 0 despite errors
   * on standard error (`exportfs`). `readAnswer` in managers/guest/proxmox/answer.ts converts such a result.
   */
  readonly answer?: 'guest-exec' | 'task' | 'quiet';
}

export interface FileWrite {
  readonly kind: 'file';
  /** Absolute path on the node. Written to a temporary file beside it, then renamed. */
  readonly path: string;
  readonly content: Content;
  /** Permission bits, for example 0o640. */
  readonly mode: number;
  /** Default: root. Set together with the mode, before the rename. */
  readonly owner?: FileOwner;
  /** Required SHA-256 of the present file, else the write fails; `absent` if the file must not exist. */
  readonly expects?: string;
}

/** Appends lines to a text file of the node. Safe against concurrent changes: for files that steps of different targets edit. */
export interface FileLines {
  readonly kind: 'lines';
  /** Absolute path. Mode and owner are kept. */
  readonly path: string;
  /** Whole lines without line end. Present ones are not added again. */
  readonly lines: readonly string[];
  /** Initial lines and mode if the file does not exist. */
  readonly absent: { readonly lines: readonly string[]; readonly mode: number };
}

/** Numeric ids on the node. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Replaces files of the node by others, with owner and mode set before the rename. The content does not leave the node. All are copied completely
 * before the first is renamed; `from` is kept.
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

/** Deletes files of the node; folders are kept. */
export interface FileRemove {
  readonly kind: 'remove';
  readonly paths: readonly string[];
}

/** Creates a folder on the node, for example the source of a bind mount. An existing one keeps its mode and content. */
export interface FolderMake {
  readonly kind: 'folder';
  /** Absolute path; parents are created too. */
  readonly path: string;
  /** Numeric owner of the folder itself, not of its content; null: unchanged. */
  readonly uid: number | null;
  readonly gid: number | null;
  /** Mode of a new folder. Default: 0o755. */
  readonly mode?: number;
}

/**
 * An HTTP request to a service in the node's network: Portainer, the certificate authority, or a check of the gateway. Sent from the node, wherever
 * Phoenix runs. No redirects, no cookies.
 */
export interface HttpRequest {
  readonly kind: 'http';
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `http:` or `https:`, for example `https://portainer.example.internal:9443/api/stacks`. */
  readonly url: string;
  /** Address to connect to instead of resolving the URL's host, which is still used as host name. */
  readonly address?: string;
  /** Trusted roots for the service's certificate: a PEM file of the node, or those of the system. `none` if the peer is authenticated otherwise. */
  readonly trust: { readonly file: string } | 'system' | 'none';
  /** Content only for headers with a secret. */
  readonly headers?: Readonly<Record<string, string | Content>>;
  readonly body?: HttpBody;
  readonly timeoutSeconds: number;
  /** Successful status codes. Default: 200 to 299. */
  readonly accept?: readonly number[];
  /** Stores a secret from the JSON response, by its pointer, in a file of the node that only root can read. It is never shown. */
  readonly keep?: { readonly pointer: string; readonly path: string };
  /** Value required in the JSON response for success: for polling with `until`. */
  readonly expect?: { readonly pointer: string; readonly oneOf: readonly Json[] };
}

/** JSON in which references are replaced by texts when it is sent. */
export type RequestJson =
  | null
  | boolean
  | number
  | string
  | readonly RequestJson[]
  | { readonly $content: Content }
  | { readonly [key: string]: RequestJson | undefined };

/**
 * In JSON, `{"$secret": …}` is replaced by the secret and `{"$content": Content}` by the content, just before sending. A form is sent as
 * multipart/form-data.
 */
export type HttpBody =
  | { readonly json: RequestJson }
  | { readonly form: Readonly<Record<string, string>> }
  | { readonly text: Content };

/**
 * Obtains a certificate from the environment's authority for a request on the node. The private key does not move: only the request is sent, and the
 * certificate is returned with its intermediates.
 */
export interface CertificateSigning {
  readonly kind: 'signing';
  /** File of the node with the signing request in PEM. */
  readonly request: string;
  /** Destination file of the certificate on the node. */
  readonly certificate: string;
  readonly commonName: string;
  /** DNS names and addresses. */
  readonly names: readonly string[];
  /** Null: the authority's default. */
  readonly lifetimeSeconds: number | null;
  /** For example `https://ca.example.internal:9000`. */
  readonly authority: string;
  /** Address to connect to; null: that of the URL's host. */
  readonly address: string | null;
  /** File of the node with the authority's root certificate. */
  readonly root: string;
  readonly by: SigningWay;
  readonly timeoutSeconds: number;
  /** Expiry of the certificate that remains in use if this fails, as `2026-01-31 12:00 UTC`; null: there is none. */
  readonly until: string | null;
}

export type SigningWay =
  /** With a provisioner's token; its password is in a file of the authority's container. */
  | {
      readonly kind: 'jwk';
      readonly provisioner: string;
      readonly password: { readonly container: number; readonly path: string };
    }
  /** With ACME: names are validated by a file that a container serves on port 80 below `/.well-known/acme-challenge/`. */
  | {
      readonly kind: 'acme';
      /** Path of the ACME directory below the authority's URL. */
      readonly directory: string;
      readonly challenges: { readonly container: number; readonly folder: string };
      /** File of the node with the account key; created if missing. */
      readonly account: string;
    };

/**
 * Literal text, a file of the config repo by blob id, a file that Phoenix ships (path below its own folder), a public file of the node or the
 * fingerprint of the certificate in it (SHA-256, as `step` prints it), a secret, or a concatenation.
 */
export type Content =
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'blob'; readonly blob: string }
  | { readonly from: 'shipped'; readonly path: string }
  | { readonly from: 'node' | 'fingerprint'; readonly path: string }
  | {
      readonly from: 'secret';
      readonly secret: SecretReference;
      /** Of the first certificate in the secret, `AB:CD:…` by SHA-256: a secret with another one is refused before anything is written. */
      readonly fingerprint?: string | undefined;
    }
  /** A secret that Phoenix itself stores in a file of the node, below /var/lib/phoenix. No configuration can reference it. */
  | { readonly from: 'kept'; readonly path: string }
  | { readonly from: 'joined'; readonly parts: readonly Content[] }
  /** A value for a dotenv file of compose, quoted if needed. */
  | { readonly from: 'variable'; readonly value: Content }
  /** A compose file of the config repo with additions to its services; the rest is unchanged. */
  | {
      readonly from: 'compose';
      readonly blob: string;
      readonly additions: ComposeAdditions;
      /** Comment at the top, with the SHA-256 of the rest to detect manual changes. */
      readonly heading?: string;
    };

/** Additions by service name. Existing entries are kept; a label with the same key is replaced. */
export interface ComposeAdditions {
  readonly [service: string]: {
    /** `key=value`; a dollar sign is literal. */
    readonly labels?: readonly string[];
    /** Arguments to append. */
    readonly command?: readonly string[];
    /** In the short syntax of `volumes`. */
    readonly volumes?: readonly string[];
  };
}

export interface Action {
  /** One sentence for people, for example `set memory of 101 to 4096 MB`. */
  readonly summary: string;
  readonly impact: Impact;
  readonly do: Command | FileWrite | FileLines | FilePlace | FileRemove | FolderMake | HttpRequest | CertificateSigning;
  /** Exit 0 is required unless this is set; then the next observation evaluates a failure. */
  readonly failure?: 'observe';
  /** What to do if it fails, if more is known than the program's message. */
  readonly remedy?: string;
  /** Executed after a failure to revert pending changes that could take effect later. Its result is ignored. */
  readonly undo?: Command;
  /** Only records the present state: the target is as declared without it. */
  readonly notes?: true;
  /** For polling: retried until it exits 0, at most `times` times; only the last failure is reported. */
  readonly until?: { readonly times: number; readonly intervalSeconds: number };
}
