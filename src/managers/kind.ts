// A kind of target: what its files declare, and how its targets are kept. Everything of a kind stands in its folder, and the
// registry (index.ts) has one line for it.

import type { Declaration } from './declaration.ts';
import type { Manager } from './manager.ts';

export interface Kind<Survey = unknown, Observation = unknown> extends Manager<Survey, Observation> {
  readonly declares: Declaration;
}
