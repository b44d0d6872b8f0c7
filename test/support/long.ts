// The tag of tests that `npm test` leaves out; see `test/README.md`.

export const LONG_TEST = { tags: ['long'] };

/** For a test that exists once for each of several: the tag, unless it is the one that `npm test` runs for all of them. */
export const longUnless = (isFirst: boolean): { tags?: string[] } => (isFirst ? {} : LONG_TEST);
