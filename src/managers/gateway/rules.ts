// Labels for the proxy: one that it does not understand would make it drop every route at once.

import type { Finding } from '../../config/finding.ts';
import { routesOf } from '../routes/routes.ts';
import type { RuleContext } from '../rule.ts';

/** UNKNOWN_KEY, INVALID_VALUE, UNKNOWN_REFERENCE, DUPLICATE_SERVICE: what is wrong with the labels of stacks. */
export function labelsAreUnderstood({ config }: RuleContext): Finding[] {
  return [...routesOf(config).findings];
}
