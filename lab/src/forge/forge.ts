// A small forge for rehearsals, the demo and tests: Git over HTTP, webhooks, and the REST interface of a forge. It refuses what
// the real ones refuse.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Router } from 'express';
import { type BrowserActions, browserActions } from './browser-actions.ts';
import type { DeliveryOutcome } from './delivery-outcomes.ts';
import { DIALECTS, type Dialect, type Kind } from './dialects.ts';
import type { Faults } from './faults.ts';
import type { LabCheck } from './github/checks.ts';
import { type OauthApplication, openOauthDesk } from './oauth.ts';
import { type LabAppOptions, openParts } from './open-parts.ts';
import type { FilledIn, Parts } from './parts.ts';
import type { Right } from './people.ts';
import { placeAt } from './place.ts';
import { gitRoute } from './pushes.ts';
import type { LabStatus } from './statuses.ts';
import type { Delivery, Receiver, Sent } from './webhooks.ts';
import { openWork } from './work.ts';

export interface LabForgeOptions {
  /** Where the repository lies; made when missing. */
  readonly folder: string;
  /** Signs the webhooks. */
  readonly secret: string;
  /** Asked for by Git (as the password) and REST alike. */
  readonly token: string;
  /** Of the token's owner: what Gitea makes a token for. Nobody logs in by one when absent. */
  readonly password?: string;
  /** What the token may do over REST; `write` when absent. Listing webhooks takes `admin`. */
  readonly tokenRight?: Right;
  /**
   * What the token itself is good for, whatever its owner may do: of Gitea such as `write:repository`, of GitHub permissions of a
   * fine-grained one such as `statuses:write`, of GitLab such as `api`. Everything when absent.
   */
  readonly tokenScopes?: readonly string[];
  /** How the webhook was filled in; as it should be when absent. */
  readonly webhook?: FilledIn;
  /** Everybody may read the repository; false when absent. */
  readonly isPublic?: boolean;
  /** GitHub when absent. */
  readonly kind?: Kind;
  /** A GitHub App that is installed on the repository. Webhooks are its own then, and not the repository's. */
  readonly app?: LabAppOptions;
  readonly webhookUrl?: string;
  /** An OAuth application by which people sign in elsewhere. */
  readonly oauth?: OauthApplication;
  /** On the loopback interface; any free one when absent. */
  readonly port?: number;
  /** Most rows of one page of a list, whatever is asked for, as an administrator may set it; that of the kind when absent. */
  readonly pageSize?: number;
}

export interface LabForge extends BrowserActions {
  readonly kind: Kind;
  /** Base URL, of the web and, but for a path, of the REST interface. */
  readonly url: string;
  /** Base URL of the REST interface. */
  readonly apiUrl: string;
  readonly repositoryUrl: string;
  /** The same with the token in it, for a person's `git push`. */
  readonly pushUrl: string;
  /** The same for a fork, which comes into being with its first push. */
  forkUrl(owner: string): string;
  /** `owner/name`. */
  readonly repository: string;
  /** Every status in the order in which it came. */
  statuses(): readonly LabStatus[];
  /** The newest of each context of one commit. */
  latestStatuses(sha: string): readonly LabStatus[];
  /** Every check in the order in which it was made. */
  checks(): readonly LabCheck[];
  /** The newest of each name on one commit, newest first. */
  latestChecks(sha: string): readonly LabCheck[];
  /** Ends all tokens of installations, as an hour does. */
  expireTokens(): void;
  /** Ends all tokens that people gave to the OAuth application. */
  expireGrants(): void;
  sendWebhooksTo(...urls: readonly string[]): void;
  /** As the forge keeps them, with their secrets, which it shows to nobody. */
  hooks(): readonly Pick<Receiver, 'url' | 'secret'>[];
  deliveries(): readonly Delivery[];
  redeliver(id: string): Promise<Delivery>;
  /** Decides what becomes of each delivery from now on; a redelivery always goes through. */
  decideDeliveries(decide: (sent: Sent) => DeliveryOutcome): void;
  /** Sends what is held up. */
  release(): Promise<void>;
  /** Resolves when every webhook so far has been delivered, has failed or is held up. */
  delivered(): Promise<void>;
  /** Disturbs the REST interface or Git. */
  readonly faults: {
    readonly rest: Faults['order'];
    readonly git: Faults['order'];
    /** For every request to the REST interface. */
    readonly decide: Faults['decide'];
    waiting(): number;
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
  const oauth = options.oauth === undefined ? null : openOauthDesk(parts, kind, dialect.base, options.oauth);
  server.on('request', routes(parts, dialect, { pageSize: options.pageSize, oauth: oauth?.routes }));

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

/** The address with pages no longer than that, whether it asks for a length or not. */
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
}

function routes(parts: Parts, dialect: Dialect, { pageSize, oauth }: Beside): Express {
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
  app.use(dialect.base === '' ? '/' : dialect.base, dialect.rest(parts));
  app.use(({ method, path }, response) => {
    // Nobody is to take what the lab lacks for something that the forge says is not there.
    if (isOfRepository(path))
      response.status(501).json({ message: `the lab's forge does not answer ${method} ${path}` });
    else response.status(404).json({ message: 'Not Found' });
  });
  return app;
}
