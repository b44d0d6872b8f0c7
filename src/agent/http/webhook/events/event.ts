// A forge's event in our words. The shapes of GitHub, Gitea, Forgejo, Gogs and GitLab end in this folder.

import type { IncomingHttpHeaders } from 'node:http';
import { meaningOfCheck, meaningOfSuite } from './check.ts';
import { meaningOfComment, meaningOfNote } from './comment.ts';
import { ignored, type Meaning, shown } from './meaning.ts';
import { meaningOfMergeRequest, meaningOfPull } from './pull.ts';
import { meaningOfPush } from './push.ts';

/** How the payload of each kind of event is understood, by the names that the forges give it. */
const READERS: Readonly<Record<string, (payload: unknown, branch: string) => Meaning>> = {
  push: meaningOfPush,
  'Push Hook': meaningOfPush,
  pull_request: meaningOfPull,
  pull_request_sync: meaningOfPull,
  'Merge Request Hook': meaningOfMergeRequest,
  check_run: meaningOfCheck,
  check_suite: meaningOfSuite,
  issue_comment: meaningOfComment,
  pull_request_comment: meaningOfComment,
  'Note Hook': meaningOfNote,
};

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
    'idempotency-key',
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

/** @param branch the followed one */
export function meaningOf(event: string, payload: unknown, branch: string): Meaning {
  const read = Object.hasOwn(READERS, event) ? READERS[event] : undefined;
  return read === undefined ? ignored(`Phoenix does nothing on ${shown(event)}`) : read(payload, branch);
}
