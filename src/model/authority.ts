// A certificate authority that an operator names.

export interface Authority {
  /** Its certificate. */
  readonly pem: string;
  /** Where that begins in the file it was read from. */
  readonly line: number;
}
