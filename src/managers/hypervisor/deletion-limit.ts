// The two fields that say how many guests a commit may delete.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { placeIn } from '../../config/read/place.ts';
import type { RuleContext } from '../rule.ts';

/** NO_EFFECT: a share of deletions beside the percentage of the policy, which is checked in its place. */
export function deletionShareCounts({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  const { behavior, policy, writtenAt } = hypervisor;
  if (behavior.isShareWritten !== true || policy.maxDeletePercent === null) return [];
  return [
    {
      code: 'NO_EFFECT',
      at: placeIn(writtenAt, 'behavior', 'max_delete_share'),
      message: `"max_delete_share" has no effect: phoenix.max_delete_percent is declared, and its ${policy.maxDeletePercent} % apply`,
      hint: 'Take one of them out.',
    },
  ];
}
