// Inputs and results of tests of rights.

/** A commit id that no repository has. */
export const NO_COMMIT = '0'.repeat(40);
/** A pull request or issue number that no repository has. */
export const NO_NUMBER = 999_999_999;

export interface Lack {
  /** What cannot be done. */
  readonly what: string;
  /** How the test ended. */
  readonly why: string;
  /** Names the right under the forge's own name. */
  readonly remedy: string;
}

export type Tried =
  | { readonly kind: 'may' }
  | { readonly kind: 'may not'; readonly lack: Lack }
  | { readonly kind: 'unknown'; readonly why: string };

export const MAY: Tried = { kind: 'may' };
