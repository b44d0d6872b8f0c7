// Secrets that stand in a compose file in plain text.

import { keysOf } from '../config/read/place.ts';
import { isPlaceholder, namesSecret, plainSecretsIn } from '../model/secret-shapes.ts';

/** Literal secrets of a compose file: in what it sets in the environment of containers, and by their shape everywhere. */
export function composeSecret(pointer: string, value: string): string | null {
  const keys = keysOf(pointer);
  const [first, , section, name = ''] = keys;
  const isVariable = first === 'services' && section === 'environment' && keys.length === 4 && !/^\d+$/.test(name);
  if (
    isVariable &&
    namesSecret(name) &&
    !/_(FILE|PATH|URL|ID|NAME)$/i.test(name) &&
    value !== '' &&
    !isPlaceholder(value)
  ) {
    return 'a secret by its name';
  }
  return plainSecretsIn(value)[0]?.what ?? null;
}
