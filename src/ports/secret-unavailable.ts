// A secret that cannot be given: not allowed, not there, not readable.

/** The message says which and what to do, never the value. Trying again changes nothing without a person. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable';
}
