// What every stage of the agent is handed: its parts, and what they remember between stages.

import type { Declarations } from './declared.ts';
import type { AgentParts } from './parts.ts';
import type { Surveys } from './surveys.ts';

export interface Context extends AgentParts {
  readonly declared: Declarations;
  readonly surveys: Surveys;
}

/** ISO 8601. */
export function isoNow({ clock }: Pick<Context, 'clock'>): string {
  return clock.now().toISOString();
}
