// Validates a payload; missing fields are named.

import { z } from 'zod';
import type { ParsedEvent } from './parsed-event.ts';

export const Sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);

/** A person or program as forges name them. */
export const Login = z.object({ login: z.string(), type: z.string().optional() });

/** @param what the expected event, for example `a push` */
export function parsePayload<T>(
  schema: z.ZodType<T>,
  payload: unknown,
  what: string,
): { readonly data: T } | { readonly malformed: ParsedEvent } {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return { data: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'payload';
  return {
    malformed: { kind: 'malformed', reason: `not ${what}: ${where}: ${issue?.message ?? 'unknown shape'}` },
  };
}
