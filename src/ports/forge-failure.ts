// The error of a forge that does not answer a request.

/** The message says why, and what to do if there is something to do. */
export class ForgeFailure extends Error {
  override readonly name = 'ForgeFailure';
  /** When a retry is worthwhile, in seconds; null when a person has to act first. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, retryAfterSeconds: number | null, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
