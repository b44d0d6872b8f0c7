// What every stage of the agent is handed: its parts, and what they remember between stages.

import type { Surveys } from './apply/surveys.ts';
import type { Memory } from './memory.ts';
import type { NodeWatch } from './node-watch.ts';
import type { AgentParts } from './parts.ts';
import type { Declarations } from './reconcile/declared.ts';

export interface Context extends AgentParts {
  readonly declared: Declarations;
  readonly surveys: Surveys;
  readonly memory: Memory;
  /** Whether the node answers; the host of the context is the one that it watches. */
  readonly nodeWatch: NodeWatch;
}

/** ISO 8601. */
export function isoNow({ clock }: Pick<Context, 'clock'>): string {
  return clock.now().toISOString();
}
