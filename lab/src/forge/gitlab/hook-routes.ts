// Project webhook API of GitLab, for maintainers and owners. Events are flags, and the secret is never shown.

import type { Router } from 'express';
import type { Parts } from '../parts.ts';
import type { Receiver } from '../webhooks.ts';
import { complain, malformed, notFound, pageOf } from './answers.ts';
import { GITLAB_EVENTS } from './events.ts';
import { MAINTAINER } from './shapes.ts';

const BOXES = ['push_events', 'merge_requests_events', 'note_events', 'tag_push_events', 'job_events'];

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
  project.put('/hooks/:hook', (request, response) => {
    const { url, token, ...given } = request.body as HookBody;
    const to = { ...(url === undefined ? {} : { url }), ...(token === undefined ? {} : { secret: token }) };
    const changed = webhooks.change(Number(request.params.hook), { ...to, boxes: ticked(given) });
    if (changed === undefined) return notFound(response);
    response.json(hookShape(parts, changed));
  });
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
