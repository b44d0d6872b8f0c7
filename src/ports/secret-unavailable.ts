// The error for an unavailable secret: not allowed, missing or unreadable.

/** The message says which and what to do, never the value. A retry is useless until a person acts. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable';
}
