// Schemas of the API's requests.

import { z } from 'zod';
import type { RunId, TargetId } from '../../model/ids.ts';
import { TARGET_NAME } from '../../model/target-name.ts';

/** A target, or a name without its kind if only one target has it. */
const WORD = new RegExp(`${TARGET_NAME.source}|^[A-Za-z0-9][\\w.-]{0,245}$`, 'u');

const target = z
  .string()
  .regex(TARGET_NAME, 'write it as kind/name, for example lxc/101')
  .transform((text) => text as TargetId);

const runId = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .transform((text) => text as RunId);

/** The requester's name as given by the caller, since all callers use the same token. */
const by = z.string().trim().min(1).max(100).default('the API');

export const ReplayBody = z.strictObject({
  commit: z.string().trim().min(1).max(200),
  targets: z.array(target).min(1).max(10_000).optional(),
  rewind: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  now: z.boolean().default(false),
  by,
});
export const ApproveBody = z.strictObject({ target, by });
/** The request with its run, which is in the API's path. */
export const ApproveRequest = z.strictObject({ run: runId, target, by });
export const FreezeBody = z.strictObject({ reason: z.string().trim().min(1, 'say why').max(500), by });
export const AskBody = z.strictObject({ by });
export const CommandBody = z.strictObject({
  verb: z.string().regex(/^[a-z][a-z -]{0,40}$/i, 'for example start'),
  targets: z
    .array(z.string().regex(WORD, 'write it as kind/name, for example lxc/101, or 101'))
    .max(10_000)
    .default([]),
  cascade: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  now: z.boolean().default(false),
  shown: runId.optional(),
  by,
});

/** Absent: all of them. */
export const ChannelTestBody = z.strictObject({ channel: z.string().min(1).max(40).optional(), by });

export const RunPath = z.object({ id: runId });
export const TargetPath = z
  .object({ kind: z.string(), name: z.string() })
  .transform(({ kind, name }) => `${kind}/${name}`)
  .pipe(target);
export const RunsQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) });
export const LogQuery = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  format: z.enum(['json', 'text']).default('json'),
});
/** `logs=new` leaves out earlier output. */
export const EventsQuery = z.object({ logs: z.enum(['all', 'new']).default('all') });

/** An invalid request; the message names the field. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/** @throws BadRequest */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new BadRequest(problems.join('; '));
}
