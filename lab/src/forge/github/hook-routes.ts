// Webhook and delivery API of GitHub, for the repository's webhooks and for that of an App.

import type { Request, Response, Router } from 'express';
import type { Parts } from '../parts.ts';
import type { Delivery, Receiver } from '../webhooks.ts';
import { appIn, asApp, needs } from './access.ts';
import { fail, link, notFound, numberOf, pageOf } from './answers.ts';
import { REPOSITORY_ID, repositoryShape } from './shapes.ts';

/** Finds the requested webhook; undefined if there is none. */
type Find = (request: Request, response: Response) => Receiver | undefined;

/** A given `config` replaces the whole configuration: one without a secret removes the secret. */
interface HookBody {
  readonly events?: readonly string[];
  readonly config?: { readonly url?: string; readonly secret?: string };
}

export function repositoryHookRoutes(routes: Router, parts: Parts): void {
  const administers = needs(parts, 'write', 'repository_hooks');
  const own = () => parts.webhooks.receivers().filter(({ app }) => app === null);
  routes.use('/hooks', administers);
  routes.get('/hooks', (request, response) => {
    response.json(pageOf(request, response, own()).map((receiver) => hookShape(parts, receiver)));
  });
  routes.post('/hooks', (request, response) => {
    const { events = ['push'], config = {} } = request.body as HookBody;
    if (!config.url) return fail(response, 422, 'Validation Failed');
    if (own().some(({ url }) => url === config.url)) return fail(response, 422, 'Validation Failed');
    const { url, secret = '' } = config;
    response.status(201).json(hookShape(parts, parts.webhooks.add({ url, secret, events, app: null })));
  });
  routes.patch('/hooks/:hook', (request, response) => {
    const { events, config } = request.body as HookBody;
    const { url, secret = '' } = config ?? {};
    const to = { ...(events === undefined ? {} : { events }), ...(url === undefined ? {} : { url, secret }) };
    const changed = own().some(({ id }) => String(id) === request.params.hook)
      ? parts.webhooks.change(Number(request.params.hook), to)
      : undefined;
    if (changed === undefined) return notFound(response);
    response.json(hookShape(parts, changed));
  });
  routes.post('/hooks/:hook/pings', (request, response) => {
    const hook = own().find(({ id }) => String(id) === request.params.hook);
    if (hook === undefined) return notFound(response);
    const payload = {
      zen: 'Keep it logically awesome.',
      hook_id: hook.id,
      repository: repositoryShape(parts.place, parts.people),
    };
    parts.runInBackground(() => parts.webhooks.send({ event: 'ping', payload }, hook));
    response.status(204).end();
  });
  deliveryRoutes(routes, '/hooks/:hook', parts, (request) =>
    own().find(({ id }) => String(id) === request.params['hook']),
  );
}

export function appHookRoutes(rest: Router, parts: Parts): void {
  rest.use('/app/hook', asApp(parts));
  rest.get('/app/hook/config', (_request, response) => {
    const { id } = appIn(response);
    const url = parts.webhooks.receivers().find(({ app }) => app?.id === id)?.url ?? '';
    response.json({ url, content_type: 'json', insecure_ssl: '0', secret: '********' });
  });
  deliveryRoutes(rest, '/app/hook', parts, (_request, response) => {
    const { id } = appIn(response);
    return parts.webhooks.receivers().find(({ app }) => app?.id === id);
  });
}

function deliveryRoutes(routes: Router, path: string, { webhooks, runInBackground }: Parts, find: Find): void {
  const of = (receiver: Receiver) => webhooks.deliveries().filter((each) => each.receiver.id === receiver.id);

  routes.get(`${path}/deliveries`, (request, response) => {
    const receiver = find(request, response);
    if (receiver === undefined) return notFound(response);
    const { cursor } = request.query;
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : numberOf(cursor);
    if (before === undefined) return fail(response, 400, 'Invalid cursor');
    const size = Math.min(100, numberOf(request.query['per_page']) ?? 30);
    const older = of(receiver)
      .filter(({ number }) => number < before)
      .sort((a, b) => b.number - a.number);
    const page = older.slice(0, size);
    const last = page.at(-1);
    if (last !== undefined && older.length > size) response.set('link', link(request, { cursor: last.number }, 'next'));
    response.json(page.map(deliveryItem));
  });
  routes.get(`${path}/deliveries/:delivery`, (request, response) => {
    const delivery = withId(request, response);
    if (delivery !== undefined) response.json(deliveryShape(delivery));
  });
  routes.post(`${path}/deliveries/:delivery/attempts`, (request, response) => {
    const delivery = withId(request, response);
    if (delivery === undefined) return;
    runInBackground(() => webhooks.redeliver(delivery.id));
    response.status(202).json({});
  });

  function withId(request: Request, response: Response): Delivery | undefined {
    const receiver = find(request, response);
    const asked = request.params['delivery'];
    const found = receiver === undefined ? undefined : of(receiver).find(({ number }) => String(number) === asked);
    if (found === undefined) notFound(response);
    return found;
  }
}

function deliveryItem(delivery: Delivery) {
  const { number, id, redelivery, receiver, event, at, ms, status } = delivery;
  const { action = null } = JSON.parse(delivery.body) as { readonly action?: string };
  return {
    id: number,
    guid: id,
    delivered_at: at.toISOString(),
    redelivery,
    duration: ms / 1000,
    status: statusText(delivery),
    status_code: status ?? (delivery.dropped ? 504 : 502),
    event,
    action,
    installation_id: receiver.app?.installation ?? null,
    repository_id: REPOSITORY_ID,
    throttled_at: null,
  };
}

function deliveryShape(delivery: Delivery) {
  return {
    ...deliveryItem(delivery),
    url: delivery.url,
    request: { headers: delivery.headers, payload: JSON.parse(delivery.body) as object },
    response: { headers: {}, payload: '' },
  };
}

function statusText({ status, dropped }: Delivery): string {
  if (status === null) return dropped ? 'timed out' : 'failed to connect to host';
  return status >= 200 && status < 300 ? 'OK' : `Invalid HTTP Response: ${status}`;
}

function hookShape({ place, webhooks, webhook }: Parts, { id, url, events, createdAt }: Receiver) {
  const here = `${place.api}/repos/${place.repository}/hooks/${id}`;
  const last = webhooks.deliveries().findLast(({ receiver }) => receiver.id === id);
  return {
    type: 'Repository',
    id,
    name: 'web',
    active: webhook.active ?? true,
    events: webhook.events ?? events,
    config: { url, content_type: webhook.contentType ?? 'json', insecure_ssl: '0', secret: '********' },
    created_at: createdAt.toISOString(),
    updated_at: createdAt.toISOString(),
    url: here,
    test_url: `${here}/test`,
    ping_url: `${here}/pings`,
    deliveries_url: `${here}/deliveries`,
    last_response: {
      code: last?.status ?? null,
      status: last === undefined ? 'unused' : last.status === null ? 'timeout' : 'active',
      message: last === undefined ? null : statusText(last),
    },
  };
}
