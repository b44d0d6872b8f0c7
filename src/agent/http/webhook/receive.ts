// The webhook door: verify the bytes, then parse, record, answer; the work comes later. The payload is only a hint that the
// branch has moved, so a forged or repeated delivery can cause no more than a fetch.

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhooks } from '@octokit/webhooks';
import type { Request, Response } from 'express';
import type { Secret } from '../../../model/secret.ts';
import type { Delivery } from '../../../ports/ledger.ts';
import type { Clock, Log } from '../../../ports.ts';
import { answer, fail } from '../answer.ts';
import { sameSecret } from '../same.ts';
import { bodyReader } from './body.ts';
import { deliveryId, eventName, meaningOf, parsePayload } from './push-event.ts';

/** GitHub sends at most 25 MB. */
const BODY_LIMIT = 25 * 1024 * 1024;
const ALL_BODIES_LIMIT = 8 * BODY_LIMIT;

/** How a delivery ended, for counting. */
export type DeliveryEnd = 'recorded' | 'duplicate' | 'ignored' | 'refused' | 'failed';

export interface ReceiverParts {
  readonly secret: Secret;
  readonly branch: string;
  /** Durable once it resolves; rejects in bounded time when it cannot be. */
  readonly record: (delivery: Delivery) => Promise<'recorded' | 'duplicate'>;
  /** Called after a new delivery was recorded. When it fails, the next poll sees the delivery. */
  readonly recorded: () => Promise<void>;
  readonly ended: (end: DeliveryEnd) => void;
  readonly log: Log;
  readonly clock: Clock;
}

export type Handler = (request: Request, response: Response) => Promise<void>;

/** Answers POST /webhooks as contract.md says; no parser may stand before it, since the bytes are what was signed. */
export function receiver(parts: ReceiverParts): Handler {
  const { secret, branch, record, recorded, ended, log, clock } = parts;
  const webhooks = new Webhooks({ secret: secret.expose() });
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
    if (!(await verified(webhooks, secret, text, request.headers))) {
      ended('refused');
      return fail(response, 401, {
        message: 'the signature is missing or wrong',
        hint: 'give the webhook the same secret as PHOENIX_WEBHOOK_SECRET',
      });
    }

    const meaning = read(text, request.headers, branch);
    if (meaning.kind === 'malformed') {
      ended('refused');
      return fail(response, 400, { message: meaning.reason, hint: 'send the payload of a push event as JSON' });
    }
    if (meaning.kind === 'ignored') {
      ended('ignored');
      return answer(response, 200, { ignored: meaning.reason });
    }

    const id = deliveryId(request.headers) ?? randomUUID();
    try {
      const end = await record({ id, commit: meaning.commit, by: meaning.by, received: clock.now().toISOString() });
      ended(end);
      answer(response, 202, { delivery: id, [end]: meaning.commit });
      if (end === 'recorded') recorded().catch((error) => log.warn('the push waits for the next poll', { id, error }));
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
  webhooks: Webhooks,
  secret: Secret,
  body: string,
  headers: IncomingHttpHeaders,
): Promise<boolean> {
  const signature = headers['x-hub-signature-256'];
  if (signature !== undefined) return webhooks.verify(body, String(signature)).catch(() => false);
  const token = headers['x-gitlab-token'];
  return typeof token === 'string' && sameSecret(token, secret);
}

function read(body: string, headers: IncomingHttpHeaders, branch: string) {
  const event = eventName(headers);
  if (event === null) return { kind: 'malformed', reason: 'no header names the event' } as const;
  try {
    return meaningOf(event, parsePayload(body, headers['content-type']), branch);
  } catch {
    return { kind: 'malformed', reason: 'the payload is not JSON' } as const;
  }
}
