// What a right is tried with, and how a try may end.

/** Of a commit that no repository has. */
export const NO_COMMIT = '0'.repeat(40);
/** Of a pull request or issue that no repository has. */
export const NO_NUMBER = 999_999_999;

export interface Lack {
  /** What cannot be done. */
  readonly what: string;
  /** How the try ended. */
  readonly why: string;
  /** Names the right as the forge does. */
  readonly remedy: string;
}

export type Tried =
  | { readonly kind: 'may' }
  | { readonly kind: 'may not'; readonly lack: Lack }
  | { readonly kind: 'unknown'; readonly why: string };

export const MAY: Tried = { kind: 'may' };
