// Whose signatures on commits count.

export interface SigningKeys {
  /** Armored blocks of OpenPGP public keys. */
  readonly openpgp: readonly string[];
  /** Lines of OpenSSH's file of allowed signers. */
  readonly ssh: readonly string[];
}
