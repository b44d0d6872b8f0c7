// What the marks of a schema say about the written values: fields that nothing reads, and secrets in the clear.

import type { z } from 'zod';
import type { TargetId } from '../model/ids.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Diagnostic } from './diagnostic.ts';
import { type Place, placeIn } from './read/place.ts';
import { fieldsWith, type Marked, matches } from './schema/field-metadata.ts';
import { isNoSecret } from './secret.ts';
import { plainHint } from './written-secrets.ts';

/** What a schema marks, found once. */
export interface Marking {
  readonly noEffect: readonly Marked[];
  readonly secret: readonly Marked[];
  /** What is secret by something else than its field. */
  readonly alsoPlain: (raw: unknown, at: Place, bounds: SecretBounds) => readonly Diagnostic[];
}

export function markingOf(schema: z.ZodType, alsoPlain: Marking['alsoPlain'] = () => []): Marking {
  return { noEffect: fieldsWith(schema, 'noEffect'), secret: fieldsWith(schema, 'secret'), alsoPlain };
}

/** NO_EFFECT and PLAINTEXT_SECRET of one written value. */
export function unusedAndPlain(
  { noEffect, secret, alsoPlain }: Marking,
  raw: unknown,
  at: Place,
  bounds: SecretBounds,
  target?: TargetId,
): Diagnostic[] {
  const common = target === undefined ? {} : { target };
  const diagnostics: Diagnostic[] = [];
  for (const { pattern, value: instead } of noEffect) {
    for (const { keys } of matches(raw, pattern)) {
      const message = `"${keys.at(-1)}" has no effect: ${instead}`;
      diagnostics.push({ code: 'NO_EFFECT', at: placeIn(at, ...keys), message, onKey: true, ...common });
    }
  }
  for (const { pattern } of secret) {
    for (const { keys, value } of matches(raw, pattern)) {
      if (typeof value !== 'string' || isNoSecret(value)) continue;
      diagnostics.push({ ...plainSecret(String(keys.at(-1)), placeIn(at, ...keys), bounds), ...common });
    }
  }
  return [...diagnostics, ...alsoPlain(raw, at, bounds)];
}

/** PLAINTEXT_SECRET of a value that is secret by its name. */
export function plainSecret(name: string, at: Place, bounds: SecretBounds): Diagnostic {
  return {
    code: 'PLAINTEXT_SECRET',
    at,
    message: `the secret "${name}" stands in the repository`,
    hint: plainHint(bounds),
  };
}
