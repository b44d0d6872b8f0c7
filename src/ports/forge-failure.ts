// A forge that cannot be asked.

/** The message says why, and what to do where something is to be done. */
export class ForgeFailure extends Error {
  override readonly name = 'ForgeFailure';
  /** When it is worth another try, in seconds; null when it never is without a person. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, retryAfterSeconds: number | null, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
