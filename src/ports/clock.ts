// The port to the time.

/** Passed wherever time matters, so that the core never reads the system clock itself. */
export interface Clock {
  now(): Date;
}
