// What every stage of the agent gets: the agent's dependencies, and state that the stages share.

import type { Inventories } from './apply/inventories.ts';
import type { AgentDeps } from './deps.ts';
import type { Memory } from './memory.ts';
import type { NodeWatch } from './node-watch.ts';
import type { Declarations } from './reconcile/desired-state.ts';

export interface Context extends AgentDeps {
  readonly declared: Declarations;
  readonly inventories: Inventories;
  readonly memory: Memory;
  /** Whether the node is reachable, derived from every call of `host`. */
  readonly nodeWatch: NodeWatch;
}

/** ISO 8601. */
export function isoNow({ clock }: Pick<Context, 'clock'>): string {
  return clock.now().toISOString();
}
