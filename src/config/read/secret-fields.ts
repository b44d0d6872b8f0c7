// What of a file may be secret, so that no problem shows it. Pure.

import { hidePlainSecrets, secretArguments } from '../../model/secret-shapes.ts';

/** Fields whose values are not shown, by name. */
export const MAY_BE_SECRET = /pass|secret|token|hash|key/i;

/**
 * Whether a text, or something in a list or an object, may be secret: `DB_PASSWORD=…`, `mysql --password …`. Asked of the value as it is written:
 * a guess may split a text into words, of which none is recognised as a secret any more.
 */
export function holdsSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSecret) || secretArguments(value).size > 0;
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).some(([key, inside]) => MAY_BE_SECRET.test(key) || holdsSecret(inside));
  if (typeof value !== 'string') return false;
  return /(pass|secret|token|hash|key)\w*\s*[=:]/i.test(value) || hidePlainSecrets(value) !== value;
}
