// Keys that may sign commits.

export interface SigningKeys {
  /** Armored OpenPGP public keys. */
  readonly openpgp: readonly string[];
  /** Lines of OpenSSH's allowed signers file. */
  readonly ssh: readonly string[];
}
