// What every stage of the agent is handed: its parts, and what they remember between stages.

import type { Surveys } from './apply/surveys.ts';
import type { AgentParts } from './parts.ts';
import type { Declarations } from './reconcile/declared.ts';

export interface Context extends AgentParts {
  readonly declared: Declarations;
  readonly surveys: Surveys;
  /** When the forge was last asked for lost deliveries (epoch milliseconds). */
  readonly lostAskedAt: { ms: number };
}

/** ISO 8601. */
export function isoNow({ clock }: Pick<Context, 'clock'>): string {
  return clock.now().toISOString();
}
