// Docker stacks: one for each stack of each VM, deployed by Portainer.

import type { Kind } from '../kind.ts';
import { decideStack } from './decide.ts';
import { glanceAtStack, observeStack, type StackObservation, type StackSurvey, surveyStacks } from './observe.ts';
import { declaration } from './read.ts';
import type { StackSpec } from './spec.ts';
import { stackTargets } from './spec.ts';

export const stack: Kind<StackSpec, StackObservation, StackSurvey> = {
  kind: 'stack',
  declares: declaration,
  targets: stackTargets,
  // Containers whose part of the file or of the variables changed are made anew; what they keep is in volumes, which stay.
  impact: ({ verb }) => (verb === 'create' ? 'live' : 'restart'),
  survey: surveyStacks,
  glance: glanceAtStack,
  observe: observeStack,
  decide: decideStack,
  // That Portainer deployed it is proved by every look.
  health: () => null,
  safeguard: () => null,
};
