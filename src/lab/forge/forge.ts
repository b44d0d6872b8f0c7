// A small forge for rehearsals, the demo and tests: Git over HTTP, signed push webhooks, and GitHub's REST for statuses.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type Express, type Request, type Response } from 'express';
import { type Faults, openFaults } from './faults.ts';
import { serveGit } from './git-http.ts';
import { loginOf } from './login.ts';
import { pushEvent, pushedRefs } from './push-event.ts';
import { type BareRepository, openBareRepository } from './repository.ts';
import { combined, type LabStatus, openStatusBook, type StatusBook } from './statuses.ts';
import { type Delivery, openWebhooks, type Webhooks } from './webhooks.ts';

export interface LabForgeOptions {
  /** Where the repository lies; made when missing. */
  readonly folder: string;
  /** Signs the webhooks. */
  readonly secret: string;
  /** Asked for by Git (as the password) and REST alike. */
  readonly token: string;
  readonly webhookUrl?: string;
  /** On the loopback interface; any free one when absent. */
  readonly port?: number;
}

export interface LabForge {
  /** Base URL, of the web and of the REST interface. */
  readonly url: string;
  readonly repositoryUrl: string;
  /** The same with the token in it, for a person's `git push`. */
  readonly pushUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Every status in the order in which it came. */
  statuses(): readonly LabStatus[];
  /** The newest of each context of one commit. */
  latestStatuses(sha: string): readonly LabStatus[];
  sendWebhooksTo(...urls: readonly string[]): void;
  deliveries(): readonly Delivery[];
  redeliver(id: string): Promise<Delivery>;
  /** Resolves when every webhook of the pushes so far has been delivered or has failed. */
  delivered(): Promise<void>;
  /** Disturbs the REST interface or Git. */
  readonly faults: { readonly rest: Faults['order']; readonly git: Faults['order']; waiting(): number };
  close(): Promise<void>;
}

const REPOSITORY = 'phoenix/config';

interface Parts {
  readonly url: string;
  readonly token: string;
  readonly bare: BareRepository;
  readonly statuses: StatusBook;
  readonly webhooks: Webhooks;
  readonly faults: { readonly rest: Faults; readonly git: Faults };
  /** Pushes that are being taken and webhooks on their way. */
  readonly underWay: Set<Promise<void>>;
}

export async function startForge(options: LabForgeOptions): Promise<LabForge> {
  const server = createServer();
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const parts: Parts = {
    url,
    token: options.token,
    bare: await openBareRepository(join(options.folder, 'config.git')),
    statuses: openStatusBook(),
    webhooks: openWebhooks(options.secret),
    faults: { rest: openFaults(), git: openFaults() },
    underWay: new Set(),
  };
  if (options.webhookUrl !== undefined) parts.webhooks.sendTo(options.webhookUrl);
  server.on('request', routes(parts));

  const repositoryUrl = `${url}/${REPOSITORY}.git`;
  return {
    url,
    repositoryUrl,
    pushUrl: repositoryUrl.replace('//', `//phoenix:${encodeURIComponent(options.token)}@`),
    repository: REPOSITORY,
    statuses: parts.statuses.all,
    latestStatuses: parts.statuses.latest,
    sendWebhooksTo: parts.webhooks.sendTo,
    deliveries: parts.webhooks.deliveries,
    redeliver: parts.webhooks.redeliver,
    async delivered() {
      while (parts.underWay.size > 0) await Promise.all(parts.underWay);
    },
    faults: {
      rest: parts.faults.rest.order,
      git: parts.faults.git.order,
      waiting: () => parts.faults.rest.waiting() + parts.faults.git.waiting(),
    },
    close: () => closeServer(server),
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function routes(parts: Parts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(`/${REPOSITORY}.git`, parts.faults.git.handler, gitRoute(parts));

  const rest = express.Router();
  rest.use(parts.faults.rest.handler);
  rest.use((request, response, next) => {
    if (loginOf(request)?.password === parts.token) next();
    else response.status(401).json({ message: 'Bad credentials' });
  });
  rest.get('/', (_, response) => {
    response.json({ full_name: REPOSITORY, permissions: { admin: false, push: true, pull: true } });
  });
  rest.post('/statuses/:sha', express.json(), async (request, response) => {
    const sha = /^[0-9a-f]{40}$/.test(request.params.sha) ? await parts.bare.commit(request.params.sha) : undefined;
    if (sha === undefined) {
      response.status(422).json({ message: `No commit found for SHA: ${request.params.sha}` });
      return;
    }
    const answer = parts.statuses.add(sha, request.body ?? {}, new Date());
    response.status('message' in answer ? 422 : 201).json(answer);
  });
  const list = withCommit(parts, (sha) => parts.statuses.of(sha));
  rest.get('/statuses/:ref', list);
  rest.get('/commits/:ref/statuses', list);
  rest.get(
    '/commits/:ref/status',
    withCommit(parts, (sha) => {
      const statuses = parts.statuses.latest(sha);
      return { sha, state: combined(statuses), total_count: statuses.length, statuses };
    }),
  );
  app.use(`/repos/${REPOSITORY}`, rest);
  app.use((_, response) => {
    response.status(404).json({ message: 'Not Found' });
  });
  return app;
}

function withCommit(parts: Parts, answer: (sha: string) => unknown) {
  return async (request: Request<{ ref: string }>, response: Response): Promise<void> => {
    const sha = await parts.bare.commit(request.params.ref);
    if (sha === undefined) response.status(404).json({ message: 'Not Found' });
    else response.json(answer(sha));
  };
}

/** Pushes are taken one after another, so that each one's refs before and after are its own. */
function gitRoute(parts: Parts) {
  let pushes: Promise<void> = Promise.resolve();
  return async (request: Request, response: Response): Promise<void> => {
    const login = loginOf(request);
    if (login?.password !== parts.token) {
      response.status(401).set('WWW-Authenticate', 'Basic realm="lab forge"').end();
      return;
    }
    const call = { folder: parts.bare.folder, path: request.path, user: login.user };
    if (request.method !== 'POST' || request.path !== '/git-receive-pack') {
      await serveGit(request, response, call);
      return;
    }
    pushes = pushes.then(() => takePush(parts, login.user, () => serveGit(request, response, call))).catch(() => {});
    await underWay(parts, pushes);
  };
}

async function takePush(parts: Parts, pusher: string, receive: () => Promise<void>): Promise<void> {
  const before = await parts.bare.refs();
  await receive();
  const changes = pushedRefs(before, await parts.bare.refs());
  const context = { repository: REPOSITORY, url: parts.url, pusher, now: new Date() };
  for (const change of changes) {
    const payload = await pushEvent(parts.bare, change, context);
    void underWay(parts, parts.webhooks.send('push', payload));
  }
}

function underWay(parts: Parts, work: Promise<void>): Promise<void> {
  const tracked = work.finally(() => parts.underWay.delete(tracked));
  parts.underWay.add(tracked);
  return tracked;
}
