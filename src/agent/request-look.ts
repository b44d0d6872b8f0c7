// What a recorded delivery makes Phoenix look at.

import type { Delivery } from '../ports/deliveries.ts';
import type { Queue } from '../ports/queue.ts';

/** Requests the look, by whichever process serves the queue. Simultaneous requests share one job. */
export function requestLook(
  queue: Pick<Queue, 'requestReconcile' | 'requestReview'>,
  { kind }: Pick<Delivery, 'kind'>,
): Promise<void> {
  return kind === 'push' ? queue.requestReconcile() : queue.requestReview();
}
