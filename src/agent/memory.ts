// State of one process that may be lost when it ends.

export interface Memory {
  /** The ledger was empty when this process started, or has lost its data since: earlier statuses are only known to the forge. */
  beganAfresh: boolean;
  /** Pending statuses at the forge were checked once. */
  pendingSettled: boolean;
  /** When the forge was last asked for lost deliveries, in epoch milliseconds. */
  redeliveryAskedAt: number;
  /** The last error of the forge, so that it is logged only once. */
  reviewFailure: string;
  /** The last error of the repository, or that it lacks the branch, likewise. */
  fetchFailure: string;
  /** When the host was last observed for notifications, by `performance.now`. */
  hostObservedAt: number;
}

export function newMemory(beganAfresh: boolean): Memory {
  return {
    beganAfresh,
    pendingSettled: false,
    redeliveryAskedAt: Number.NEGATIVE_INFINITY,
    reviewFailure: '',
    fetchFailure: '',
    hostObservedAt: Number.NEGATIVE_INFINITY,
  };
}
