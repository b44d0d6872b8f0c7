// Parses a forge's event. The payload formats of GitHub, Gitea, Forgejo, Gogs and GitLab do not leave this folder.

import type { IncomingHttpHeaders } from 'node:http';
import { parseCheckEvent, parseSuiteEvent } from './check.ts';
import { parseCommentEvent, parseNoteEvent } from './comment.ts';
import { ignored, type ParsedEvent, quoteText } from './parsed-event.ts';
import { parseMergeRequestEvent, parsePullEvent } from './pull.ts';
import { parsePushEvent } from './push.ts';
import { parseMergeGroupEvent } from './queue.ts';
import { parseReviewEvent } from './review.ts';

/** Parsers by the forges' names of the events. */
const READERS: Readonly<Record<string, (payload: unknown, branch: string) => ParsedEvent>> = {
  push: parsePushEvent,
  'Push Hook': parsePushEvent,
  pull_request: parsePullEvent,
  pull_request_sync: parsePullEvent,
  'Merge Request Hook': parseMergeRequestEvent,
  merge_group: parseMergeGroupEvent,
  check_run: parseCheckEvent,
  check_suite: parseSuiteEvent,
  issue_comment: parseCommentEvent,
  // Gitea's name for a code review, which other forges may use for a comment.
  pull_request_comment: (payload) => (isReview(payload) ? parseReviewEvent(payload) : parseCommentEvent(payload)),
  pull_request_review: parseReviewEvent,
  pull_request_approved: parseReviewEvent,
  pull_request_rejected: parseReviewEvent,
  'Note Hook': parseNoteEvent,
};

function isReview(payload: unknown): boolean {
  return (payload as { readonly review?: unknown } | null)?.review != null;
}

/** The forge's name of the event; null when there is none, so that no forge sent it. */
export function eventName(headers: IncomingHttpHeaders): string | null {
  for (const name of ['x-github-event', 'x-gitea-event', 'x-forgejo-event', 'x-gogs-event', 'x-gitlab-event']) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** The forge's own id of this delivery; null when there is none that can be stored. */
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

/** How the forge is configured to send its webhooks. */
export type ContentType = 'json' | 'form';

/**
 * The JSON in a request's body: as it is, or in the field `payload` of a form, as the forge is configured to send it. The header does
 * not decide: it is not signed, and a signed body could be read in two ways.
 *
 * @throws SyntaxError when it is not JSON
 */
export function parsePayload(body: string, sentAs: ContentType): unknown {
  return JSON.parse(payloadOf(body, sentAs));
}

/** The text of the JSON; empty for a form without it. */
export function payloadOf(body: string, sentAs: ContentType): string {
  return sentAs === 'json' ? body : (new URLSearchParams(body).get('payload') ?? '');
}

export function isForm(contentType: string | undefined): boolean {
  return /^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(contentType ?? '');
}

/** `owner/name` of the event's repository; null when it has none. */
export function repositoryIn(payload: unknown): string | null {
  const { repository, project } = (payload ?? {}) as {
    readonly repository?: { readonly full_name?: unknown } | null;
    readonly project?: { readonly path_with_namespace?: unknown } | null;
  };
  const name = repository?.full_name ?? project?.path_with_namespace;
  return typeof name === 'string' ? name : null;
}

/**
 * @param event the forge's name of the event
 * @param branch the followed branch
 */
export function parseEvent(event: string, payload: unknown, branch: string): ParsedEvent {
  const read = Object.hasOwn(READERS, event) ? READERS[event] : undefined;
  return read === undefined ? ignored(`Phoenix does nothing on ${quoteText(event)}`) : read(payload, branch);
}
