// Labels for the proxy: one that it does not understand would make it drop every route at once.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { routesOf } from '../routes/routes.ts';
import type { RuleContext } from '../rule.ts';

/** UNKNOWN_KEY, INVALID_VALUE, UNKNOWN_REFERENCE, DUPLICATE_SERVICE: what is wrong with the labels of stacks. */
export function labelsAreUnderstood({ config }: RuleContext): Diagnostic[] {
  return [...routesOf(config).diagnostics];
}
