// Receives webhooks: verifies the bytes, then parses, records and answers; the work is done later. A payload is only a hint that a branch or pull
// request has changed, so a repeated or reordered delivery causes at most a redundant check.

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { WEBHOOK_REFUSED } from '../../../messages/faults.ts';
import type { Secret } from '../../../model/secret.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Arrival, Delivery, Event, Refusal } from '../../../ports/deliveries.ts';
import type { Log } from '../../../ports/log.ts';
import { answer, fail } from '../answer.ts';
import { countFailures } from '../failures.ts';
import { tooManyFailures } from '../guard.ts';
import { announcedLength, bodyReader, discardBody, type Unread } from './body.ts';
import {
  type ContentType,
  deliveryId,
  eventName,
  isForm,
  parseEvent,
  parsePayload,
  payloadOf,
  repositoryIn,
} from './events/event.ts';
import { ignored, type ParsedEvent, quoteText } from './events/parsed-event.ts';
import { type Claim, claimOf, textOf, verifier } from './verify.ts';

/** GitHub sends at most 25 MB. */
const BODY_LIMIT = 25 * 1024 * 1024;
const LIMITS = { each: BODY_LIMIT, total: 8 * BODY_LIMIT, within: 15_000 } as const;
/** Limits for discarding a body whose length is not announced. */
const PASSING = { each: BODY_LIMIT, within: 3_000 } as const;
/** Wrong signatures per minute and address; a forge with a wrong secret stays below. */
const WRONG_SIGNATURES_PER_MINUTE = 600;
/** Minimum interval between two records of refusals. */
const REFUSED_EVERY_MS = 60_000;

/** How a delivery ended, for counting. */
export type DeliveryEnd = 'recorded' | 'duplicate' | 'ignored' | 'refused' | 'failed';

export interface ReceiverDeps {
  /** Any of them is accepted: while a secret is being rotated, the forge may still use the old one. */
  readonly secrets: readonly Secret[];
  readonly branch: string;
  /** The content type that the forge is configured to use. */
  readonly sentAs: ContentType;
  /** Whether this is the name of the followed repository, `owner/name`. */
  readonly follows: (repository: string) => Promise<boolean>;
  /** Durable once it resolves; rejects in bounded time when that fails. */
  readonly record: (delivery: Delivery) => Promise<'recorded' | 'duplicate'>;
  /** Called after a new delivery was recorded. When it fails, the next poll sees the delivery. */
  readonly recorded: (delivery: Pick<Delivery, 'kind'>) => Promise<void>;
  /** @param arrived what arrived, if its signature was valid and it could be parsed */
  readonly ended: (end: DeliveryEnd, arrived?: Arrival) => void;
  /** Called when a signed one is refused, at most once a minute. @param why with the remedy after its last `; ` */
  readonly refused: (why: string) => void;
  /** Called when one that a forge seems to have sent is refused for its signature, at most once a minute: anybody can cause it. */
  readonly unsigned: (refusal: Refusal) => void;
  readonly log: Log;
  readonly clock: Clock;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Why a body is not used: it could not be read, nobody who knows the secret sent it, or it is not text. */
type Unaccepted = Unread | 'unsigned' | 'no text';

/**
 * Handles POST /webhooks. No body parser may precede it, since the signature covers the bytes.
 *
 * @param clientKeyOf the client that a sender counts for in limits: its address
 */
export function receiver(parts: ReceiverDeps, clientKeyOf: (request: IncomingMessage) => string): Handler {
  const { secrets, record, recorded, ended, log, clock } = parts;
  const verified = verifier(secrets);
  /** In a form, Gitea and Forgejo sign the JSON field, GitHub the whole form. Either way only signed content is read. */
  const isSigned = async (claim: Claim, text: string): Promise<boolean> => {
    if (await verified(claim, text)) return true;
    return parts.sentAs === 'form' && (await verified(claim, payloadOf(text, parts.sentAs)));
  };
  const readBody = bodyReader(LIMITS);
  const failures = countFailures(WRONG_SIGNATURES_PER_MINUTE);
  // Anybody can cause refusals, and each is written to the ledger.
  const noteRefused = atMostEvery(REFUSED_EVERY_MS, parts.refused);
  const noteUnsigned = atMostEvery(REFUSED_EVERY_MS, (why: string) =>
    parts.unsigned({ at: clock.now().toISOString(), why }),
  );

  const unread = (response: ServerResponse, why: Exclude<Unread, 'aborted'>) => {
    ended(why === 'dropped' ? 'failed' : 'refused');
    const { status, ...said } = UNREAD[why];
    if (why !== 'too large') response.setHeader('connection', 'close');
    fail(response, status, said);
  };
  const unsigned = (request: IncomingMessage, response: ServerResponse) => {
    ended('refused');
    // Unauthenticated clients may send endlessly: then nothing more is logged.
    if (failures.note(clientKeyOf(request))) return tooManyFailures(response);
    log.warn('a delivery was refused', { from: clientKeyOf(request), reason: 'its signature is missing or wrong' });
    if (eventName(request.headers) !== null) noteUnsigned(WEBHOOK_REFUSED.unsigned(clientKeyOf(request)));
    fail(response, 401, {
      message: 'the signature is missing or wrong',
      hint: 'give the webhook the same secret as PHOENIX_WEBHOOK_SECRET',
    });
  };

  /** Reads the body as far as its sender is trusted, and verifies it. */
  const authenticate = async (request: IncomingMessage): Promise<{ readonly text: string } | Unaccepted> => {
    if (announcedLength(request) > LIMITS.each) return 'too large';
    const claim = claimOf(request.headers, secrets);
    if (claim === null) {
      // Nothing of it is stored. If its length is unknown it may still turn out too large, which the sender should be told.
      const passed = request.headers['content-length'] === undefined ? await discardBody(request, PASSING) : 'passed';
      return passed === 'too large' ? passed : 'unsigned';
    }
    const body = await readBody(request, clientKeyOf(request));
    if (typeof body === 'string') return body;
    const text = textOf(body);
    if (text === null && claim.by === 'token') return 'no text';
    // No forge signs a body that is not text.
    return text !== null && (await isSigned(claim, text)) ? { text } : 'unsigned';
  };
  const refuse = (request: IncomingMessage, response: ServerResponse, why: Unaccepted) => {
    if (why === 'aborted') return;
    if (why === 'unsigned') return unsigned(request, response);
    if (why !== 'no text') return unread(response, why);
    ended('refused');
    fail(response, 400, { message: 'the body is no UTF-8', hint: 'send the payload of the event as JSON' });
  };
  const malformed = (request: IncomingMessage, response: ServerResponse, reason: string) => {
    ended('refused');
    log.warn('a delivery was refused', { from: clientKeyOf(request), reason });
    noteRefused(WEBHOOK_REFUSED.malformed(reason, hintFor(parts.sentAs)));
    fail(response, 400, { message: reason, hint: hintFor(parts.sentAs) });
  };
  const keep = async (response: ServerResponse, delivery: Delivery, event: Event, arrived: Arrival) => {
    const { id } = delivery;
    try {
      const end = await record(delivery);
      ended(end, arrived);
      answer(response, 202, { delivery: id, [end]: subjectOf(event) });
      if (end === 'recorded')
        recorded(event).catch((error) => log.warn('the delivery waits for the next poll', { id, error }));
    } catch (error) {
      ended('failed');
      log.error('a delivery could not be recorded', { id, error });
      fail(response, 503, {
        message: 'the delivery could not be recorded',
        hint: 'is Redis up? deliver it again then',
      });
    }
  };

  return async (request, response) => {
    const body = await authenticate(request);
    if (typeof body === 'string') return refuse(request, response, body);
    const parsed = await parseBody(body.text, request.headers, parts);
    if (parsed.kind === 'malformed') return malformed(request, response, parsed.reason);
    const id = deliveryId(request.headers) ?? randomUUID();
    const arrived = { at: clock.now().toISOString(), id, event: eventName(request.headers) ?? '' };
    if (parsed.kind === 'ignored') {
      ended('ignored', arrived);
      return answer(response, 200, { ignored: parsed.reason });
    }
    await keep(response, { id, by: parsed.by, received: arrived.at, ...parsed.event }, parsed.event, arrived);
  };
}

function atMostEvery(ms: number, call: (why: string) => void): (why: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (why) => {
    if (performance.now() - last < ms) return;
    last = performance.now();
    call(why);
  };
}

const UNREAD: Readonly<Record<Exclude<Unread, 'aborted'>, { status: number; message: string; hint: string }>> = {
  'too large': { status: 413, message: 'the body is larger than 25 MiB', hint: 'push fewer commits at once' },
  'too slow': { status: 408, message: 'the body did not arrive in time', hint: 'deliver it again' },
  dropped: { status: 503, message: 'too many large deliveries at once', hint: 'deliver it again later' },
};

/** A description of the event, so that the sender can check it. */
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

async function parseBody(
  body: string,
  headers: IncomingHttpHeaders,
  { branch, sentAs, follows }: Pick<ReceiverDeps, 'branch' | 'sentAs' | 'follows'>,
): Promise<ParsedEvent> {
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
  const parsed = parseEvent(event, payload, branch);
  const repository = repositoryIn(payload);
  if (parsed.kind === 'event' && repository !== null && !(await follows(repository))) {
    return ignored(`Phoenix does not follow ${quoteText(repository)}`);
  }
  return parsed;
}
