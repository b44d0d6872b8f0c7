// The answer to an operation that cannot be done as asked.

/** The message says why and what to do instead. */
export class Refused extends Error {
  override readonly name = 'Refused';
}
