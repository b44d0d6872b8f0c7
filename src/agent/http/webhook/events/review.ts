// Code reviews: their text may contain commands like a comment, and an approving one may be an approval. Gitea and Forgejo send them as events of a
// pull request, without an id, and with the permissions of the pull request's author, not the reviewer's: so those permissions are not used.

import { z } from 'zod';
import { commandIn } from './comment.ts';
import { ignored, type ParsedEvent, parsed, quoteText } from './parsed-event.ts';
import { Login, parsePayload } from './shape.ts';

const Review = z.object({
  action: z.string(),
  sender: Login,
  pull_request: z.object({ number: z.number().int().positive() }),
  review: z.object({
    /** GitHub only. */
    id: z.number().int().positive().optional(),
    body: z.string().nullish(),
    state: z.string().optional(),
    /** Gitea and Forgejo only. */
    content: z.string().nullish(),
    type: z.string().optional(),
  }),
});

/** GitHub's and Gitea's names for a submitted review. */
const SUBMITTED: ReadonlySet<string> = new Set(['submitted', 'reviewed']);
const APPROVES = /^(approved|pull_request_review_approved)$/i;

export function parseReviewEvent(payload: unknown): ParsedEvent {
  const read = parsePayload(Review, payload, 'a code review');
  if ('malformed' in read) return read.malformed;
  const { action, sender, pull_request: request, review } = read.data;
  if (!SUBMITTED.has(action)) return ignored(`Phoenix does nothing on a code review that is ${quoteText(action)}`);
  if (sender.type === 'Bot') return ignored('Phoenix reads code reviews of people');
  const pull = request.number;
  const command = commandIn(review.body ?? review.content ?? '', pull);
  const approves = APPROVES.test(review.state ?? review.type ?? '');
  if (command === null && !approves) return ignored('the code review asks Phoenix for nothing');
  const id = review.id === undefined ? null : String(review.id);
  const ask = command ?? ({ what: 'approve all', pull } as const);
  return parsed({ kind: 'ask', ask, source: { on: 'review', id, pull } }, sender.login);
}
