// Webhook API of Gitea, for repository administrators only. It shows the selected checkboxes, not the event names.

import type { RequestHandler, Router } from 'express';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import type { Receiver } from '../webhooks.ts';
import { complain, pageOf } from './answers.ts';
import { GITEA_EVENTS, giteaEvent } from './events.ts';

const DEFAULT_EVENTS = ['push', 'pull_request', 'pull_request_sync', 'pull_request_comment', 'pull_request_review'];

export function hookRoutes(routes: Router, parts: Parts): void {
  const { people, webhooks, bare } = parts;
  const administers: RequestHandler = (_request, response, next) => {
    if (people.findOrAdd(TOKEN_OWNER).right === 'admin') return next();
    complain(response, 403, 'user should be an owner or a collaborator with admin write of a repository');
  };
  routes.get('/hooks', administers, (request, response) => {
    const shown = pageOf(request, response, webhooks.receivers());
    response.json(shown.map((receiver) => hookShape(parts, receiver)));
  });
  routes.post('/hooks', administers, (request, response) => {
    const { type, events = ['push'], config = {} } = request.body as HookBody;
    if (type !== 'gitea') return complain(response, 422, 'Invalid hook type');
    if (config.url === undefined) return complain(response, 422, 'Missing config option: url');
    if (config.content_type === undefined) return complain(response, 422, 'Missing config option: content_type');
    const { url, secret = '' } = config;
    const made = webhooks.add({ url, secret, events: GITEA_EVENTS, boxes: events, app: null });
    response.status(201).json(hookShape(parts, made));
  });
  // Edits never change the secret (routers/api/v1/utils/hook.go, editHook).
  routes.patch('/hooks/:hook', administers, (request, response) => {
    const { events = ['push'], config: { url } = {} } = request.body as HookBody;
    const to = { boxes: events, ...(url === undefined ? {} : { url }) };
    const changed = webhooks.change(Number(request.params['hook']), to);
    if (changed === undefined) return complain(response, 404, "The target couldn't be found.");
    response.json(hookShape(parts, changed));
  });
  routes.delete('/hooks/:hook', administers, (request, response) => {
    const id = Number(request.params['hook']);
    if (!webhooks.receivers().some((each) => each.id === id))
      return complain(response, 404, "The target couldn't be found.");
    webhooks.remove(id);
    response.status(204).end();
  });
  // The test delivery is a push without changes.
  routes.post('/hooks/:hook/tests', administers, async (request, response) => {
    const hook = webhooks.receivers().find(({ id }) => String(id) === request.params['hook']);
    if (hook === undefined) return complain(response, 404, "The target couldn't be found.");
    const sha = await bare.commit('main');
    if (sha !== undefined) {
      const change = { ref: 'refs/heads/main', before: sha, after: sha };
      const message = await giteaEvent(parts, { kind: 'push', change, by: TOKEN_OWNER });
      if (message !== null) parts.runInBackground(() => webhooks.send(message, hook));
    }
    response.status(204).end();
  });
}

interface HookBody {
  readonly type?: string;
  readonly events?: readonly string[];
  readonly config?: { readonly url?: string; readonly content_type?: string; readonly secret?: string };
}

function hookShape({ webhook }: Parts, { id, url, boxes = DEFAULT_EVENTS, createdAt }: Receiver) {
  const { events = boxes, contentType = 'json', active = true } = webhook;
  const time = createdAt.toISOString();
  const config = { content_type: contentType, url };
  return { id, type: 'gitea', branch_filter: '*', config, events, active, updated_at: time, created_at: time };
}
