// The error for a request that cannot be carried out.

/** The message says why and what to do instead. */
export class Refused extends Error {
  override readonly name = 'Refused';
}
