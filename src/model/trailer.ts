// A line of a commit's message that approves a step.

import type { TargetId } from './ids.ts';

export interface Trailer {
  /** The impact of the step. */
  readonly impact: string;
  readonly target: TargetId;
}
