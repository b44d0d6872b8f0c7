// Registers the kind `stack`: one target for each stack of each VM, deployed by Portainer.

import { comparedBy } from '../comparison.ts';
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
import { stackComparison } from './stack-comparison.ts';
import type { StackSpec } from './stack-spec.ts';
import { stackTargets } from './stack-spec.ts';

export const stack: Kind<StackSpec, StackObservation, StackInventory> = {
  kind: 'stack',
  sources: stackSources,
  declares: declaration,
  targets: stackTargets,
  // Containers whose part of the file or variables changed are recreated; their data is in volumes, which stay.
  impact: ({ verb }) => (verb === 'create' ? 'live' : 'restart'),
  inventory: inventoryOfStacks,
  quickCheck: quickCheckOfStack,
  observe: observeStack,
  decide: decideStack,
  differences: (wanted, seen) => comparedBy(stackComparison, wanted, seen),
  isThere: (_wanted, seen) => (seen.kind === 'seen' ? seen.stack !== null : null),
  // Every observation verifies that Portainer deployed it.
  health: () => null,
  rollback: () => null,
};
