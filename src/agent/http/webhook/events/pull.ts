// A pull request, or a merge request of GitLab, was opened, changed or closed: only its number is used.

import { z } from 'zod';
import { ignored, type ParsedEvent, parsed, quoteText } from './parsed-event.ts';
import { Login, parsePayload } from './shape.ts';

/** GitHub says `synchronize`, Gitea `synchronized`. */
const ACTIONS: ReadonlySet<string> = new Set([
  'opened',
  'synchronize',
  'synchronized',
  'reopened',
  'edited',
  'ready_for_review',
  'closed',
]);
const GITLAB_ACTIONS: ReadonlySet<string> = new Set(['open', 'update', 'reopen', 'merge', 'close']);

const Pull = z.object({
  action: z.string(),
  number: z.number().int().positive(),
  sender: Login.optional(),
});
const MergeRequest = z.object({
  user: z.object({ username: z.string() }).optional(),
  object_attributes: z.object({ iid: z.number().int().positive(), action: z.string().optional() }),
});

export function parsePullEvent(payload: unknown): ParsedEvent {
  const read = parsePayload(Pull, payload, 'a pull request');
  if ('malformed' in read) return read.malformed;
  const { action, number, sender } = read.data;
  if (!ACTIONS.has(action)) return ignored(`Phoenix does nothing on a pull request that is ${quoteText(action)}`);
  return parsed({ kind: 'pull', pull: number }, sender?.login);
}

export function parseMergeRequestEvent(payload: unknown): ParsedEvent {
  const read = parsePayload(MergeRequest, payload, 'a merge request');
  if ('malformed' in read) return read.malformed;
  const { user, object_attributes: request } = read.data;
  if (request.action === undefined || !GITLAB_ACTIONS.has(request.action)) {
    return ignored(`Phoenix does nothing on ${quoteText(request.action ?? 'no action')} of a merge request`);
  }
  return parsed({ kind: 'pull', pull: request.iid }, user?.username);
}
