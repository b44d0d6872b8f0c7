// A forge's event in our words. The shapes of GitHub, Gitea, Forgejo, Gogs and GitLab end here.

import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

/** What an event means to Phoenix. `malformed` never comes from a forge: it is said with what is wrong. */
export type Meaning =
  | { readonly kind: 'push'; readonly commit: string; readonly by: string }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string };

const SHA = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const NOTHING = /^0+$/;

/** The part of a push that all forges share; each names the pusher in its own way. */
const PushPayload = z.object({
  ref: z.string(),
  after: z.string().regex(SHA),
  deleted: z.boolean().optional(),
  user_username: z.string().optional(),
  pusher: z
    .object({ login: z.string().optional(), username: z.string().optional(), name: z.string().optional() })
    .optional(),
});

/** The event's name as the forge gives it; null when there is none, so that it comes from no forge. */
export function eventName(headers: IncomingHttpHeaders): string | null {
  for (const name of ['x-github-event', 'x-gitea-event', 'x-forgejo-event', 'x-gogs-event', 'x-gitlab-event']) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** The forge's own id of this delivery; null when it gives none that can be kept. */
export function deliveryId(headers: IncomingHttpHeaders): string | null {
  const names = [
    'x-github-delivery',
    'x-gitea-delivery',
    'x-forgejo-delivery',
    'x-gogs-delivery',
    'x-gitlab-event-uuid',
  ];
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value)) return value;
  }
  return null;
}

/**
 * The JSON in a request's body: as it is, or in the field `payload` of a form, as GitHub sends it when told so.
 *
 * @throws SyntaxError when it is not JSON
 */
export function parsePayload(body: string, contentType: string | undefined): unknown {
  if (!contentType?.startsWith('application/x-www-form-urlencoded')) return JSON.parse(body);
  return JSON.parse(new URLSearchParams(body).get('payload') ?? '');
}

/** @param branch the followed one; a push to it is all that is of interest */
export function meaningOf(event: string, payload: unknown, branch: string): Meaning {
  if (event !== 'push' && event !== 'Push Hook')
    return { kind: 'ignored', reason: `Phoenix does nothing on ${shown(event)}` };
  const parsed = PushPayload.safeParse(payload);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      kind: 'malformed',
      reason: `not a push: ${issue?.path.join('.') || 'payload'}: ${issue?.message ?? 'unknown shape'}`,
    };
  }
  const { ref, after, deleted, user_username, pusher } = parsed.data;
  if (ref !== `refs/heads/${branch}`)
    return { kind: 'ignored', reason: `Phoenix follows ${branch}, not ${shown(ref)}` };
  if (deleted === true || NOTHING.test(after))
    return { kind: 'ignored', reason: `${branch} was deleted; nothing is changed` };
  const by = pusher?.login ?? pusher?.username ?? pusher?.name ?? user_username ?? 'unknown';
  return { kind: 'push', commit: after, by: by.slice(0, 100) };
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
