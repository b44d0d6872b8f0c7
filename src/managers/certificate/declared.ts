// What the configuration says of a certificate.

import type { Place } from '../../config/read/place.ts';

export interface Certificate {
  readonly writtenAt: Place;
  readonly commonName: string;
  /** The common name where none is written; otherwise as written. */
  readonly sans: readonly string[];
  readonly certPath: string;
  readonly keyPath: string;
  readonly owner: string;
  readonly group: string;
  /** Permission bits of the key as written, for example 0o640. */
  readonly mode: number;
  readonly issuer: 'jwk' | 'acme';
  /** Null: what the authority gives by itself. */
  readonly lifetimeSeconds: number | null;
  /** What makes its user read it again; null: nothing is to be done. */
  readonly hook: CertificateHook | null;
}

/** The only things that follow a renewal: a push must not be a shell on the host. */
export type CertificateHook = {
  readonly guest: number;
  /** As which kind of guest the written command addresses it; null: as what it is. */
  readonly guestKind: 'lxc' | 'vm' | null;
  readonly writtenAt: Place;
} & HookWork;

export type HookWork =
  | { readonly kind: 'service'; readonly verb: 'reload' | 'restart'; readonly unit: string }
  | { readonly kind: 'container'; readonly container: string }
  | { readonly kind: 'exec'; readonly argv: readonly string[] };
