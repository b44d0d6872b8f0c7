// A certificate as the configuration declares it.

import type { Place } from '../../config/read/place.ts';

export interface Certificate {
  readonly writtenAt: Place;
  readonly commonName: string;
  /** The common name where none are written; otherwise as written. */
  readonly sans: readonly string[];
  readonly certPath: string;
  readonly keyPath: string;
  readonly owner: string;
  readonly group: string;
  /** Permission bits of the key as written, for example 0o640. */
  readonly mode: number;
  readonly issuer: 'jwk' | 'acme';
  /** Null: the authority's default. */
  readonly lifetimeSeconds: number | null;
  /** What makes its user reload it; null: nothing to do. */
  readonly hook: CertificateHook | null;
}

/** The only actions that may follow a renewal: a push must not become a shell on the host. */
export type CertificateHook = {
  readonly guest: number;
  /** The kind of guest that a written command addresses; null: the guest's own kind. */
  readonly guestKind: 'lxc' | 'vm' | null;
  readonly writtenAt: Place;
} & HookWork;

export type HookWork =
  | { readonly kind: 'service'; readonly verb: 'reload' | 'restart'; readonly unit: string }
  | { readonly kind: 'container'; readonly container: string }
  | { readonly kind: 'exec'; readonly argv: readonly string[] };
