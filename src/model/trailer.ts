// A line of a commit's message that approves a step.

import type { TargetId } from './ids.ts';

export interface Trailer {
  /** What the step does to its target. */
  readonly impact: string;
  readonly target: TargetId;
}
