// Checks labels for the proxy: one that Traefik does not understand would make it drop every route.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { routesOf } from '../routes/routes.ts';
import type { RuleContext } from '../rule.ts';

/** UNKNOWN_KEY, INVALID_VALUE, UNKNOWN_REFERENCE, DUPLICATE_SERVICE: faults in the labels of stacks. */
export function labelsAreValid({ config }: RuleContext): Diagnostic[] {
  return [...routesOf(config).diagnostics];
}
