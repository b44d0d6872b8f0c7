// Pushes: only those to the followed branch matter.

import { z } from 'zod';
import { ignored, type ParsedEvent, parsed, quoteText } from './parsed-event.ts';
import { queuedPull } from './queue.ts';
import { parsePayload, Sha } from './shape.ts';

const NOTHING = /^0+$/;

/** The fields of a push that all forges share; the pusher's field differs. */
const Push = z.object({
  ref: z.string(),
  after: Sha,
  deleted: z.boolean().optional(),
  user_username: z.string().optional(),
  pusher: z
    .object({ login: z.string().optional(), username: z.string().optional(), name: z.string().optional() })
    .optional(),
});

export function parsePushEvent(payload: unknown, branch: string): ParsedEvent {
  const read = parsePayload(Push, payload, 'a push');
  if ('malformed' in read) return read.malformed;
  const { ref, after, deleted } = read.data;
  const queued = deleted === true || NOTHING.test(after) ? null : queuedPull(ref, branch);
  if (queued !== null) return parsed({ kind: 'pull', pull: queued }, pusherIn(read.data));
  if (ref !== `refs/heads/${branch}`) return ignored(`Phoenix follows ${branch}, not ${quoteText(ref)}`);
  if (deleted === true || NOTHING.test(after)) return ignored(`${branch} was deleted; nothing is changed`);
  return parsed({ kind: 'push', commit: after }, pusherIn(read.data));
}

function pusherIn({ pusher, user_username }: z.infer<typeof Push>): string | undefined {
  return pusher?.login ?? pusher?.username ?? pusher?.name ?? user_username;
}
