// The port to the time.

/** Passed wherever time matters, so that the core never reads the clock itself. */
export interface Clock {
  now(): Date;
}
