// What one process remembers between its looks, and may forget when it ends.

export interface Memory {
  /** The ledger was empty when this process started, or lost its data since: what was said before is only known to the forge. */
  beganAfresh: boolean;
  /** What read pending at the forge was looked through once. */
  pendingSettled: boolean;
  /** When the forge was last asked for lost deliveries (epoch milliseconds). */
  redeliveryAskedAt: number;
  /** Why the forge could not be asked the last time, so that it is said once. */
  reviewFailure: string;
  /** The same of the repository. */
  fetchFailure: string;
  /** That the branch is not there was said. */
  branchMissed: boolean;
  /** When the host was last looked at for notifications, by `performance.now`. */
  hostObservedAt: number;
}

export function newMemory(beganAfresh: boolean): Memory {
  return {
    beganAfresh,
    pendingSettled: false,
    redeliveryAskedAt: Number.NEGATIVE_INFINITY,
    reviewFailure: '',
    fetchFailure: '',
    branchMissed: false,
    hostObservedAt: Number.NEGATIVE_INFINITY,
  };
}
