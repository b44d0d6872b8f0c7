// Docker stacks: one for each stack of each VM, deployed by Portainer.

import type { Kind } from '../kind.ts';
import { decideStack } from './decide.ts';
import {
  inventoryOfStacks,
  observeStack,
  quickCheckOfStack,
  type StackInventory,
  type StackObservation,
} from './observe.ts';
import { stackSources } from './places.ts';
import { declaration } from './read.ts';
import type { StackSpec } from './stack-spec.ts';
import { stackTargets } from './stack-spec.ts';

export const stack: Kind<StackSpec, StackObservation, StackInventory> = {
  kind: 'stack',
  sources: stackSources,
  declares: declaration,
  targets: stackTargets,
  // Containers whose part of the file or of the variables changed are recreated; what they keep is in volumes, which stay.
  impact: ({ verb }) => (verb === 'create' ? 'live' : 'restart'),
  inventory: inventoryOfStacks,
  quickCheck: quickCheckOfStack,
  observe: observeStack,
  decide: decideStack,
  // That Portainer deployed it is proved by every look.
  health: () => null,
  rollback: () => null,
};
