// The webhook door: verify the bytes, then parse, record, answer; the work comes later. What a payload says of a push or a pull
// request is only a hint that it has moved, so a repeated or reordered delivery can cause no more than a look.

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhooks } from '@octokit/webhooks';
import type { Request, Response } from 'express';
import type { Secret } from '../../../model/secret.ts';
import type { Delivery, Event } from '../../../ports/deliveries.ts';
import type { Clock, Log } from '../../../ports.ts';
import { answer, fail } from '../answer.ts';
import { sameSecret } from '../same.ts';
import { bodyReader } from './body.ts';
import {
  type ContentType,
  deliveryId,
  eventName,
  isForm,
  meaningOf,
  parsePayload,
  repositoryIn,
} from './events/event.ts';
import { ignored, type Meaning, shown } from './events/meaning.ts';

/** GitHub sends at most 25 MB. */
const BODY_LIMIT = 25 * 1024 * 1024;
const ALL_BODIES_LIMIT = 8 * BODY_LIMIT;

/** How a delivery ended, for counting. */
export type DeliveryEnd = 'recorded' | 'duplicate' | 'ignored' | 'refused' | 'failed';

export interface ReceiverParts {
  /** Each is accepted: while a secret is being changed, the forge may still sign with the old one. */
  readonly secrets: readonly Secret[];
  readonly branch: string;
  /** How the forge was told to send them. */
  readonly sentAs: ContentType;
  /** Whether the repository that is followed has that name, `owner/name`. */
  readonly follows: (repository: string) => Promise<boolean>;
  /** Durable once it resolves; rejects in bounded time when it cannot be. */
  readonly record: (delivery: Delivery) => Promise<'recorded' | 'duplicate'>;
  /** Called after a new delivery was recorded. When it fails, the next poll sees the delivery. */
  readonly recorded: (delivery: Pick<Delivery, 'kind'>) => Promise<void>;
  readonly ended: (end: DeliveryEnd) => void;
  readonly log: Log;
  readonly clock: Clock;
}

export type Handler = (request: Request, response: Response) => Promise<void>;

/** Answers POST /webhooks as contract.md says; no parser may stand before it, since the bytes are what was signed. */
export function receiver(parts: ReceiverParts): Handler {
  const { secrets, record, recorded, ended, log, clock } = parts;
  const doors = secrets.map((secret) => ({ secret, webhooks: new Webhooks({ secret: secret.expose() }) }));
  const readBody = bodyReader(BODY_LIMIT, ALL_BODIES_LIMIT);

  return async (request, response) => {
    const body = await readBody(request);
    if (body === 'aborted') return;
    if (body === 'too large') {
      ended('refused');
      return fail(response, 413, { message: 'the body is larger than 25 MiB', hint: 'push fewer commits at once' });
    }
    if (body === 'busy') {
      ended('failed');
      return fail(response, 503, { message: 'too many large deliveries at once', hint: 'deliver it again later' });
    }
    const text = body.toString('utf8');
    if (!(await verified(doors, text, request.headers))) {
      ended('refused');
      return fail(response, 401, {
        message: 'the signature is missing or wrong',
        hint: 'give the webhook the same secret as PHOENIX_WEBHOOK_SECRET',
      });
    }

    const meaning = await read(text, request.headers, parts);
    if (meaning.kind === 'malformed') {
      ended('refused');
      return fail(response, 400, { message: meaning.reason, hint: hintFor(parts.sentAs) });
    }
    if (meaning.kind === 'ignored') {
      ended('ignored');
      return answer(response, 200, { ignored: meaning.reason });
    }

    const id = deliveryId(request.headers) ?? randomUUID();
    try {
      const end = await record({ id, by: meaning.by, received: clock.now().toISOString(), ...meaning.event });
      ended(end);
      answer(response, 202, { delivery: id, [end]: subjectOf(meaning.event) });
      if (end === 'recorded')
        recorded(meaning.event).catch((error) => log.warn('the delivery waits for the next poll', { id, error }));
    } catch (error) {
      ended('failed');
      log.error('a delivery could not be recorded', { id, error });
      fail(response, 503, {
        message: 'the delivery could not be recorded',
        hint: 'is Redis up? deliver it again then',
      });
    }
  };
}

/** GitHub, Gitea and Forgejo sign the body; GitLab sends the secret itself. A signature that is there must be right. */
async function verified(
  doors: readonly { readonly secret: Secret; readonly webhooks: Webhooks }[],
  body: string,
  headers: IncomingHttpHeaders,
): Promise<boolean> {
  const signature = headers['x-hub-signature-256'];
  const token = headers['x-gitlab-token'];
  for (const { secret, webhooks } of doors) {
    if (signature !== undefined) {
      if (await webhooks.verify(body, String(signature)).catch(() => false)) return true;
    } else if (typeof token === 'string' && sameSecret(token, secret)) return true;
  }
  return false;
}

/** What the sender may check in the answer. */
function subjectOf(event: Event): string {
  switch (event.kind) {
    case 'push':
      return event.commit;
    case 'pull':
      return `pull request ${event.pull}`;
    case 'ask':
      return event.ask.what;
    default:
      return event satisfies never;
  }
}

function hintFor(sentAs: ContentType): string {
  return sentAs === 'json'
    ? 'give the webhook the content type application/json, or set PHOENIX_WEBHOOK_CONTENT_TYPE=form'
    : 'give the webhook the content type application/x-www-form-urlencoded, or set PHOENIX_WEBHOOK_CONTENT_TYPE=json';
}

async function read(
  body: string,
  headers: IncomingHttpHeaders,
  { branch, sentAs, follows }: Pick<ReceiverParts, 'branch' | 'sentAs' | 'follows'>,
): Promise<Meaning> {
  const event = eventName(headers);
  if (event === null) return { kind: 'malformed', reason: 'no header names the event' };
  if (isForm(headers['content-type']) !== (sentAs === 'form')) {
    return { kind: 'malformed', reason: `the payload is not sent as ${sentAs}` };
  }
  let payload: unknown;
  try {
    payload = parsePayload(body, sentAs);
  } catch {
    return { kind: 'malformed', reason: 'the payload is not JSON' };
  }
  const meaning = meaningOf(event, payload, branch);
  const repository = repositoryIn(payload);
  if (meaning.kind === 'event' && repository !== null && !(await follows(repository))) {
    return ignored(`Phoenix does not follow ${shown(repository)}`);
  }
  return meaning;
}
