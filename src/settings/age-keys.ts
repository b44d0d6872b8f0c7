// PHOENIX_SOPS_AGE_KEY: age identities as written by `age-keygen`, one per line, with comments.

import type { Secret } from '../model/secret.ts';
import { secret } from '../model/secret.ts';
import type { Value } from './values.ts';

/** Keeps only key lines. */
export function ageKeys(text: string): Value<Secret | null> {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const hint = 'give it the file that age-keygen wrote, with PHOENIX_SOPS_AGE_KEY_FILE';
  if (lines.length === 0) return { wrong: 'holds no key', hint };
  const isKey = (line: string) => /^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/.test(line);
  return lines.every(isKey)
    ? { value: secret(lines.join('\n')) }
    : { wrong: 'holds a line that is no identity of age', hint };
}
