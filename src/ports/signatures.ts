// Says who signed a commit, by keys that were given when it was opened.

export type Signed =
  /** By whom: the user id of an OpenPGP key, or the principal of an SSH key. */
  | { readonly valid: true; readonly signer: string }
  /** Completes "the commit …": what is wrong with it, for example `is not signed`. */
  | { readonly valid: false; readonly reason: string };

export interface Signatures {
  /**
   * Whether a known key signed the commit and was valid then.
   *
   * @param commit the commit object, byte for byte
   * @throws when it cannot be told, such as where a program is missing
   */
  verify(commit: Uint8Array): Promise<Signed>;
}
