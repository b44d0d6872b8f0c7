// Applies the metadata of a schema to a value: reports ignored fields and plain-text secrets.

import type { z } from 'zod';
import type { TargetId } from '../model/ids.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Diagnostic } from './diagnostic.ts';
import { type Place, placeIn } from './read/place.ts';
import { type FieldWithMetadata, fieldsWith, matches } from './schema/field-metadata.ts';
import { isNoSecret } from './secret.ts';
import { plainHint } from './written-secrets.ts';

/** Metadata of a schema, computed once. */
export interface Marking {
  readonly noEffect: readonly FieldWithMetadata[];
  readonly secret: readonly FieldWithMetadata[];
  /** Further diagnostics of the value as it is written: what no metadata of the schema can say. */
  readonly further: (raw: unknown, at: Place, bounds: SecretBounds) => readonly Diagnostic[];
}

export function markingOf(schema: z.ZodType, further: Marking['further'] = () => []): Marking {
  return { noEffect: fieldsWith(schema, 'noEffect'), secret: fieldsWith(schema, 'secret'), further };
}

/** Reports NO_EFFECT and PLAINTEXT_SECRET for one value. */
export function unusedAndPlain(
  { noEffect, secret, further }: Marking,
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
  for (const { pattern, value: outcome } of secret) {
    for (const { keys, value } of matches(raw, pattern)) {
      if (typeof value !== 'string' || isNoSecret(value)) continue;
      const plain = plainSecret(String(keys.at(-1)), placeIn(at, ...keys), bounds, outcome === true ? null : outcome);
      diagnostics.push({ ...plain, ...common });
    }
  }
  return [...diagnostics, ...further(raw, at, bounds).map((one) => ({ ...one, ...common }))];
}

/** PLAINTEXT_SECRET for a value whose name marks it as a secret. @param outcome what becomes of it when it is applied; null for nothing else */
export function plainSecret(name: string, at: Place, bounds: SecretBounds, outcome: string | null): Diagnostic {
  return {
    code: 'PLAINTEXT_SECRET',
    at,
    message: `the secret "${name}" stands in the repository${outcome === null ? '' : `: ${outcome}`}`,
    hint: plainHint(bounds),
  };
}
