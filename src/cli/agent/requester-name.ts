// Who asks the agent for something from the command line.

import { userInfo } from 'node:os';

/** The requester's name for the record of the run. */
export function requesterName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
