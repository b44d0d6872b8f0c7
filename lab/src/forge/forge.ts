// A small forge for rehearsals, the demo and tests: Git over HTTP, webhooks, and a forge's REST API, with the same validation as the real ones.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Router } from 'express';
import { type BrowserActions, browserActions } from './browser-actions.ts';
import type { DeliveryOutcome } from './delivery-outcomes.ts';
import { DIALECTS, type Dialect, type Kind } from './dialects.ts';
import type { Faults } from './faults.ts';
import type { LabCheck } from './github/checks.ts';
import { type OauthApplication, openOauthProvider } from './oauth.ts';
import { type LabAppOptions, openParts } from './open-parts.ts';
import { pageRoutes } from './pages/routes.ts';
import type { FilledIn, Parts } from './parts.ts';
import type { Right } from './people.ts';
import { placeAt } from './place.ts';
import { gitRoute } from './pushes.ts';
import type { LabStatus } from './statuses.ts';
import type { Delivery, Receiver, Sent } from './webhooks.ts';
import { openWork } from './work.ts';

export interface LabForgeOptions {
  /** Folder of the repository; created if missing. */
  readonly folder: string;
  /** Webhook secret. */
  readonly secret: string;
  /** Required by Git (as password) and REST. */
  readonly token: string;
  /** Password of the token's owner, for which Gitea issues tokens. Absent: signing in by password is refused. */
  readonly password?: string;
  /** The token's right for REST; default: `write`. Listing webhooks needs `admin`. */
  readonly tokenRight?: Right;
  /**
   * Scopes of the token, independent of its owner's rights: for Gitea such as `write:repository`, for GitHub fine-grained permissions such as
   * `statuses:write`, for GitLab such as `api`. Default: all.
   */
  readonly tokenScopes?: readonly string[];
  /** Webhook settings; default: correct ones. */
  readonly webhook?: FilledIn;
  /** Whether the repository is public; default: false. */
  readonly isPublic?: boolean;
  /** Default: GitHub. */
  readonly kind?: Kind;
  /** A GitHub App installed on the repository, which then receives the webhooks instead of the repository's own. */
  readonly app?: LabAppOptions;
  readonly webhookUrl?: string;
  /** An OAuth application for signing in. */
  readonly oauth?: OauthApplication;
  /** Whether it has pages for people, at the addresses of GitHub's; default: false. */
  readonly pages?: boolean;
  /** Port on loopback; default: a free one. */
  readonly port?: number;
  /** Maximum page size, which an administrator may set; default: that of the forge. */
  readonly pageSize?: number;
}

export interface LabForge extends BrowserActions {
  readonly kind: Kind;
  /** Base URL of the web interface. */
  readonly url: string;
  /** Base URL of the REST API. */
  readonly apiUrl: string;
  readonly repositoryUrl: string;
  /** Repository URL with the token, for `git push`. */
  readonly pushUrl: string;
  /** Likewise for a fork, which is created by its first push. */
  forkUrl(owner: string): string;
  /** `owner/name`. */
  readonly repository: string;
  /** All statuses in order of arrival. */
  statuses(): readonly LabStatus[];
  /** The newest status per context of a commit. */
  latestStatuses(sha: string): readonly LabStatus[];
  /** All checks in order of creation. */
  checks(): readonly LabCheck[];
  /** The newest check per name of a commit, newest first. */
  latestChecks(sha: string): readonly LabCheck[];
  /** Expires all installation tokens, as after an hour. */
  expireTokens(): void;
  /** Expires all OAuth tokens. */
  expireGrants(): void;
  sendWebhooksTo(...urls: readonly string[]): void;
  /** Webhooks with their secrets, which the API does not show. */
  hooks(): readonly Pick<Receiver, 'url' | 'secret'>[];
  deliveries(): readonly Delivery[];
  redeliver(id: string): Promise<Delivery>;
  /** Decides the outcome of each further delivery; redeliveries always succeed. */
  decideDeliveries(decide: (sent: Sent) => DeliveryOutcome): void;
  /** Sends held deliveries. */
  release(): Promise<void>;
  /** Resolves when all webhooks so far were delivered, failed or held back. */
  delivered(): Promise<void>;
  /** Fault injection for REST and Git. */
  readonly faults: {
    readonly rest: Faults['order'];
    readonly git: Faults['order'];
    /** For all REST requests. */
    readonly decide: Faults['decide'];
    waiting(): number;
    /** Number of requests so far that are never answered. */
    hanging(): number;
  };
  close(): Promise<void>;
}

const REPOSITORY = 'phoenix/config';
export async function startForge(options: LabForgeOptions): Promise<LabForge> {
  const { kind = 'github', token } = options;
  const dialect = DIALECTS[kind];
  const server = createServer();
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const place = placeAt(url, `${url}${dialect.base}`, REPOSITORY, options.isPublic ?? false);
  const work = openWork();
  const parts = await openParts(options, dialect, place, work);
  const { apps, webhooks, faults, statuses, checks } = parts;
  const installed = apps.get(options.app?.id ?? Number.NaN);
  const sendWebhooksTo = (...urls: readonly string[]): void => {
    const app = installed?.installation == null ? null : { id: installed.id, installation: installed.installation };
    const events = installed?.events ?? dialect.events;
    webhooks.sendTo(...urls.map((to) => ({ url: to, secret: options.secret, app, events })));
  };
  if (options.webhookUrl !== undefined) sendWebhooksTo(options.webhookUrl);
  const oauth = options.oauth === undefined ? null : openOauthProvider(parts, kind, dialect.base, options.oauth);
  server.on(
    'request',
    routes(parts, dialect, { pageSize: options.pageSize, oauth: oauth?.routes, pages: options.pages }),
  );

  const withToken = (address: string) => address.replace('//', `//phoenix:${encodeURIComponent(token)}@`);
  const repositoryUrl = `${url}/${REPOSITORY}.git`;
  return {
    kind,
    url,
    apiUrl: place.api,
    repositoryUrl,
    pushUrl: withToken(repositoryUrl),
    forkUrl: (owner) => withToken(`${url}/${owner}/${place.name}.git`),
    repository: REPOSITORY,
    statuses: statuses.all,
    latestStatuses: statuses.latest,
    checks: checks.all,
    latestChecks: checks.latest,
    expireTokens: apps.expireTokens,
    expireGrants: () => oauth?.expire(),
    sendWebhooksTo,
    hooks: webhooks.receivers,
    deliveries: webhooks.deliveries,
    redeliver: webhooks.redeliver,
    decideDeliveries: webhooks.decideDeliveries,
    release: webhooks.release,
    delivered: work.done,
    ...browserActions(parts, work.done),
    faults: {
      rest: faults.rest.order,
      git: faults.git.order,
      decide: faults.rest.decide,
      waiting: () => faults.rest.waiting() + faults.git.waiting(),
      hanging: () => faults.rest.hanging() + faults.git.hanging(),
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

/** Limits the page size in the address. */
function withPages(address: string, most: number): string {
  const url = new URL(address, 'http://forge.lab');
  for (const name of ['per_page', 'limit']) {
    const asked = Number(url.searchParams.get(name)) || most;
    url.searchParams.set(name, String(Math.min(asked, most)));
  }
  return `${url.pathname}${url.search}`;
}

interface Beside {
  readonly pageSize: number | undefined;
  readonly oauth: Router | undefined;
  readonly pages: boolean | undefined;
}

function routes(parts: Parts, dialect: Dialect, { pageSize, oauth, pages = false }: Beside): Express {
  const { place, faults } = parts;
  const isOfRepository = (path: string) =>
    path.includes(`/repos/${place.repository}/`) || /\/projects\/[^/]+\//.test(path);
  const app = express();
  app.disable('x-powered-by');
  app.use(`/${place.repository}.git`, faults.git.handler, gitRoute(parts, null));
  app.use(`/:owner/${place.name}.git`, (request, response) => gitRoute(parts, request.params.owner)(request, response));
  app.use((request, _response, next) => {
    if (pageSize !== undefined) request.url = withPages(request.url, pageSize);
    next();
  });
  if (oauth !== undefined) app.use(oauth);
  if (pages) app.use(pageRoutes(parts));
  app.use(dialect.base === '' ? '/' : dialect.base, dialect.rest(parts));
  app.use(({ method, path }, response) => {
    // Unsupported endpoints must differ from a 404 of the forge.
    if (isOfRepository(path))
      response.status(501).json({ message: `the lab's forge does not answer ${method} ${path}` });
    else response.status(404).json({ message: 'Not Found' });
  });
  return app;
}
