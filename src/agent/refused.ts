// The errors for a request that cannot be carried out.

/** The message says why and what to do instead. */
export class Refused extends Error {
  override readonly name: string = 'Refused';
}

/** The request names a target that does not exist, or by a name that several have: it was written wrongly. */
export class WrongTarget extends Refused {
  override readonly name = 'WrongTarget';
}
