// Values of a stack's variables as far as they may be looked at.

import type { StackVariable } from '../../config-services.ts';

/** By name, without those that are references to secrets. */
export function stripSecrets(variables: readonly StackVariable[]): ReadonlyMap<string, string> {
  return new Map(
    variables.flatMap(({ name, value, secret }) => (typeof value === 'string' && !secret ? [[name, value]] : [])),
  );
}
