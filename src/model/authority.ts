// A certificate authority that an operator trusts.

export interface Authority {
  /** Certificate in PEM. */
  readonly pem: string;
  /** Its first line in the source file. */
  readonly line: number;
}
