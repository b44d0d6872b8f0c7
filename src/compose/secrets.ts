// Secrets that stand in a compose file in plain text.

import { keysOf } from '../config/read/place.ts';
import { isPlaceholder, namesSecret, plainSecretsIn } from '../model/secret-shapes.ts';

/** Detects plain-text secrets in a compose file: by name in environments, and by form everywhere. */
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
