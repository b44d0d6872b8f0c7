// The port to signature verification, with a fixed set of keys.

export type Signed =
  /** The signer: the user id of an OpenPGP key, or the principal of an SSH key. */
  | { readonly valid: true; readonly signer: string }
  /** Completes "the commit …": what is wrong with it, for example `is not signed`. */
  | { readonly valid: false; readonly reason: string };

export interface Signatures {
  /**
   * Whether a known key signed the commit and was valid at the time.
   *
   * @param commit the commit object, byte for byte
   * @throws when it cannot be verified, for example because a program is missing
   */
  verify(commit: Uint8Array): Promise<Signed>;
}
