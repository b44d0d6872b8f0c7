// Project webhook API of GitLab, for maintainers and owners. Events are flags, and the secret is never shown.

import type { Router } from 'express';
import type { Parts } from '../parts.ts';
import type { Delivery, Receiver } from '../webhooks.ts';
import { complain, malformed, notFound, pageOf } from './answers.ts';
import { GITLAB_EVENTS } from './events.ts';
import { MAINTAINER } from './shapes.ts';

const BOXES = ['push_events', 'merge_requests_events', 'note_events', 'tag_push_events', 'job_events'];

/** Maximum and default size of a page of events. */
const MAX_EVENTS = 20;

interface HookBody {
  readonly url?: string;
  readonly token?: string;
  readonly [box: string]: unknown;
}

export function hookRoutes(project: Router, parts: Parts, ownLevel: () => number): void {
  const { webhooks } = parts;
  project.use('/hooks', (_request, response, next) => {
    if (ownLevel() >= MAINTAINER) next();
    else complain(response, 403, '403 Forbidden');
  });
  project.get('/hooks', (request, response) => {
    response.json(pageOf(request, response, webhooks.receivers()).map((receiver) => hookShape(parts, receiver)));
  });
  project.post('/hooks', (request, response) => {
    const { url, token = '', ...given } = request.body as HookBody;
    if (url === undefined) return malformed(response, 'url is missing');
    const made = webhooks.add({ url, secret: token, events: GITLAB_EVENTS, boxes: ticked(given), app: null });
    response.status(201).json(hookShape(parts, made));
  });
  project.get('/hooks/:hook/events', (request, response) => {
    const receiver = receiverOf(parts, request.params.hook);
    if (receiver === undefined) return notFound(response);
    const size = Number(request.query['per_page'] ?? MAX_EVENTS);
    if (size > MAX_EVENTS) return malformed(response, 'per_page does not have a valid value');
    const events = webhooks.deliveries().filter((each) => each.receiver.id === receiver.id);
    response.json(pageOf(request, response, events.toReversed()).map(eventShape));
  });
  project.post('/hooks/:hook/events/:event/resend', async (request, response) => {
    const receiver = receiverOf(parts, request.params.hook);
    const event = webhooks.deliveries().find(({ number }) => number === Number(request.params.event));
    if (receiver === undefined || event?.receiver.id !== receiver.id) return notFound(response);
    const { status } = await webhooks.redeliver(event.id);
    if (status === null) return complain(response, 422, 'the webhook did not answer');
    response.status(201).json({ response_status: status });
  });
  project.put('/hooks/:hook', (request, response) => {
    const { url, token, ...given } = request.body as HookBody;
    const to = { ...(url === undefined ? {} : { url }), ...(token === undefined ? {} : { secret: token }) };
    const changed = webhooks.change(Number(request.params.hook), { ...to, boxes: ticked(given) });
    if (changed === undefined) return notFound(response);
    response.json(hookShape(parts, changed));
  });
}

function receiverOf({ webhooks }: Parts, id: string): Receiver | undefined {
  return webhooks.receivers().find((each) => each.id === Number(id));
}

/** Headers are shown as they are sent, without the secret (`lib/api/entities/web_hook_log.rb`). */
function eventShape({ number, id, url, event, body, status, at, ms }: Delivery) {
  return {
    id: number,
    url,
    trigger: event,
    request_headers: { 'X-Gitlab-Event': event, 'Idempotency-Key': id, 'X-Gitlab-Token': '[REDACTED]' },
    request_data: JSON.parse(body) as unknown,
    response_headers: {},
    response_body: '',
    execution_duration: ms / 1000,
    response_status: status === null ? 'internal error' : String(status),
    created_at: at.toISOString(),
  };
}

/** Push events are enabled by default. */
function ticked(given: Readonly<Record<string, unknown>>): string[] {
  return BOXES.filter((box) => given[box] ?? box === 'push_events');
}

function hookShape({ webhook }: Parts, { id, url, boxes = BOXES.slice(0, 3) }: Receiver) {
  const { events = boxes, active = true } = webhook;
  const shown = Object.fromEntries(BOXES.map((box) => [box, events.includes(box)]));
  return { id, url, alert_status: active ? 'executable' : 'disabled', ...shown };
}
