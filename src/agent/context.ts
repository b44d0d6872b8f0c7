// What every stage of the agent is handed: its parts, and what they remember between stages.

import type { Inventories } from './apply/inventories.ts';
import type { Memory } from './memory.ts';
import type { NodeWatch } from './node-watch.ts';
import type { AgentDeps } from './parts.ts';
import type { Declarations } from './reconcile/desired-state.ts';

export interface Context extends AgentDeps {
  readonly declared: Declarations;
  readonly inventories: Inventories;
  readonly memory: Memory;
  /** Whether the node answers; the host of the context is the one that it watches. */
  readonly nodeWatch: NodeWatch;
}

/** ISO 8601. */
export function isoNow({ clock }: Pick<Context, 'clock'>): string {
  return clock.now().toISOString();
}
