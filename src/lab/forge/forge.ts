// A small forge for rehearsals, the demo and tests: Git over HTTP, signed webhooks, and the REST interface of GitHub, of Gitea
// and Forgejo, or of GitLab: statuses, checks, pull requests, comments, people, deliveries.

import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type Express, type Request, type Response } from 'express';
import { type Faults, openFaults } from './faults.ts';
import { serveGit } from './git-http.ts';
import { type AppDesk, openAppDesk } from './github/app.ts';
import { type CheckBook, type LabCheck, openCheckBook } from './github/checks.ts';
import { checkEvent, commentEvent, type Place, pullEvent, suiteEvent } from './github/payloads.ts';
import { githubRest } from './github/rest.ts';
import { gitlabNote, gitlabPush, gitlabRequest, gitlabRest } from './gitlab.ts';
import { loginOf } from './login.ts';
import { type LabComment, type LabPull, type OpenPull, openPullBook, type PullBook } from './pulls.ts';
import { pushEvent, pushedRefs } from './push-event.ts';
import { type BareRepository, openBareRepository, type Refs } from './repository.ts';
import { type LabStatus, openStatusBook, type StatusBook } from './statuses.ts';
import {
  type Delivery,
  type Fate,
  giteaHeaders,
  githubHeaders,
  gitlabHeaders,
  openWebhooks,
  type Webhooks,
} from './webhooks.ts';

type Kind = 'github' | 'gitea' | 'gitlab';

export interface LabForgeOptions {
  /** Where the repository lies; made when missing. */
  readonly folder: string;
  /** Signs the webhooks. */
  readonly secret: string;
  /** Asked for by Git (as the password) and REST alike. */
  readonly token: string;
  /** Whose interface it has; GitHub's when absent. */
  readonly kind?: Kind;
  /** A GitHub App that is installed on the repository. */
  readonly app?: { readonly id: number; readonly publicKey: KeyObject };
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
  checks(): readonly LabCheck[];
  /** The newest of each name on one commit. */
  latestChecks(sha: string): readonly LabCheck[];
  sendWebhooksTo(...urls: readonly string[]): void;
  deliveries(): readonly Delivery[];
  redeliver(id: string): Promise<Delivery>;
  /** What happens to each delivery from now on; those that are held come with `release`, the newest first. */
  fate(decide: () => Fate): void;
  release(): Promise<void>;
  /** Resolves when every webhook of the pushes so far has been delivered, is held, or has failed. */
  delivered(): Promise<void>;
  /** What people do in the browser. Each resolves when its webhook has been answered. */
  readonly people: People;
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

interface People {
  /** `read`, `write` or `admin`; nobody else is known. */
  allow(login: string, right: 'read' | 'write' | 'admin'): void;
  open(pull: OpenPull): Promise<LabPull>;
  retarget(pull: number, base: string): Promise<void>;
  close(pull: number): Promise<void>;
  /** Resolves to the merge commit. */
  merge(pull: number, by?: string): Promise<string>;
  comment(pull: number, by: string, body: string): Promise<void>;
  comments(pull: number): readonly LabComment[];
  /** Presses a button of a check, or its own `Re-run`. */
  press(check: LabCheck, button: string | 'rerun', by: string): Promise<void>;
  rerunAll(sha: string, by: string): Promise<void>;
}

const REPOSITORY = 'phoenix/config';
const HEADERS = { github: githubHeaders, gitea: giteaHeaders, gitlab: gitlabHeaders };

interface Parts {
  readonly kind: Kind;
  readonly place: Place;
  readonly token: string;
  readonly bare: BareRepository;
  readonly statuses: StatusBook;
  readonly checks: CheckBook;
  readonly pulls: PullBook;
  readonly apps: AppDesk;
  readonly people: Map<string, string>;
  readonly webhooks: Webhooks;
  readonly faults: { readonly rest: Faults; readonly git: Faults };
  /** Pushes that are being taken and webhooks on their way. */
  readonly underWay: Set<Promise<void>>;
}

export async function startForge(options: LabForgeOptions): Promise<LabForge> {
  const { kind = 'github', app = null } = options;
  const server = createServer();
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bare = await openBareRepository(join(options.folder, 'config.git'));
  const ref = kind === 'gitlab' ? 'merge-requests' : 'pull';
  const parts: Parts = {
    kind,
    place: { url, repository: REPOSITORY, app: app?.id ?? null },
    token: options.token,
    bare,
    statuses: openStatusBook(),
    checks: openCheckBook(),
    pulls: openPullBook(bare, (number) => `refs/${ref}/${number}/head`),
    apps: openAppDesk(app),
    people: new Map(),
    webhooks: openWebhooks(options.secret, HEADERS[kind]),
    faults: { rest: openFaults(), git: openFaults() },
    underWay: new Set(),
  };
  if (options.webhookUrl !== undefined) parts.webhooks.sendTo(options.webhookUrl);
  server.on('request', routes(parts));

  const repositoryUrl = `${url}/${REPOSITORY}.git`;
  const { statuses, checks, webhooks, faults } = parts;
  return {
    url,
    repositoryUrl,
    pushUrl: repositoryUrl.replace('//', `//phoenix:${encodeURIComponent(options.token)}@`),
    repository: REPOSITORY,
    statuses: statuses.all,
    latestStatuses: statuses.latest,
    checks: checks.all,
    latestChecks: checks.latest,
    sendWebhooksTo: webhooks.sendTo,
    deliveries: webhooks.deliveries,
    redeliver: webhooks.redeliver,
    fate: webhooks.fate,
    release: webhooks.release,
    async delivered() {
      while (parts.underWay.size > 0) await Promise.all(parts.underWay);
    },
    people: peopleOf(parts),
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

function peopleOf(parts: Parts): People {
  const { pulls, place, webhooks, people, bare } = parts;
  return {
    allow: (login, right) => void people.set(login, right),
    async open(asked) {
      const pull = await pulls.open(asked);
      await tellPull(parts, 'opened', pull);
      return pull;
    },
    async retarget(number, base) {
      const from = pulls.get(number)?.base;
      await tellPull(parts, 'edited', pulls.retarget(number, base), { base: { ref: { from } } });
    },
    close: (number) => tellPull(parts, 'closed', pulls.close(number)),
    async merge(number, by = 'ada') {
      const before = await bare.refs();
      const pull = await pulls.merge(number);
      for (const send of await pushEvents(parts, by, before)) await send();
      await tellPull(parts, 'closed', pull);
      return pull.merged ?? '';
    },
    comment: (pull, by, body) => tellComment(parts, pulls.comment(pull, by, body)),
    comments: pulls.comments,
    async press(check, button, by) {
      const asked = button === 'rerun' ? undefined : button;
      const known = parts.checks.get(check.id) ?? check;
      if (asked !== undefined && !known.actions.some(({ identifier }) => identifier === asked)) {
        throw new Error(`${check.name} has no button ${asked}`);
      }
      const action = asked === undefined ? 'rerequested' : 'requested_action';
      await webhooks.send('check_run', checkEvent(place, action, known, by, asked));
    },
    rerunAll: (sha, by) => webhooks.send('check_suite', suiteEvent(place, sha, by)),
  };
}

function tellPull({ kind, place, webhooks }: Parts, action: string, pull: LabPull, changes?: object): Promise<void> {
  if (kind === 'gitlab') return webhooks.send('Merge Request Hook', gitlabRequest(action, pull));
  const named = kind === 'gitea' && action === 'synchronize' ? 'synchronized' : action;
  return webhooks.send('pull_request', pullEvent(place, named, pull, changes));
}

function tellComment({ kind, place, webhooks }: Parts, comment: LabComment): Promise<void> {
  if (kind === 'gitlab') return webhooks.send('Note Hook', gitlabNote(comment));
  return webhooks.send('issue_comment', commentEvent(place, comment));
}

function routes(parts: Parts): Express {
  const { kind, faults, apps } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.use(`/${REPOSITORY}.git`, faults.git.handler, gitRoute(parts));
  app.post(/^(\/organizations\/[\w-]+)?\/settings\/apps\/new$/, express.urlencoded(), (request, response) => {
    takeManifest(apps, request, response);
  });
  const own = { ...parts, repository: REPOSITORY, gitea: kind === 'gitea' };
  if (kind === 'gitlab') app.use('/api/v4', faults.rest.handler, gitlabRest(own));
  else app.use(kind === 'gitea' ? '/api/v1' : '/', faults.rest.handler, githubRest(own));
  app.use((_, response) => {
    response.status(404).json({ message: 'Not Found' });
  });
  return app;
}

/** The page on which a person makes an App of a manifest: here at once, there after a press. */
function takeManifest(apps: AppDesk, request: Request, response: Response): void {
  const manifest = JSON.parse(String(request.body?.manifest ?? 'null')) as { readonly redirect_url?: string } | null;
  const code = apps.take(manifest);
  if (code === undefined) {
    response.status(422).send('the manifest is not valid');
    return;
  }
  const back = new URL(manifest?.redirect_url ?? '');
  back.searchParams.set('code', code);
  back.searchParams.set('state', String(request.query['state'] ?? ''));
  response.redirect(back.href);
}

/** Pushes are taken one after another, so that each one's refs before and after are its own. */
function gitRoute(parts: Parts) {
  let pushes: Promise<void> = Promise.resolve();
  return async (request: Request, response: Response): Promise<void> => {
    const login = loginOf(request);
    const password = login?.password ?? '';
    if (login === undefined || (password !== parts.token && !parts.apps.isInstallation(password, new Date()))) {
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
  for (const send of await pushEvents(parts, pusher, before)) void underWay(parts, send());
}

/** What moved since: an event for each ref, in the order of their names, and for each pull request whose head it is. */
async function pushEvents(parts: Parts, pusher: string, before: Refs): Promise<(() => Promise<void>)[]> {
  const { kind, bare, place, pulls, webhooks } = parts;
  const changes = pushedRefs(before, await bare.refs()).filter(({ ref }) => /^refs\/(heads|tags)\//.test(ref));
  const context = { repository: REPOSITORY, url: place.url, pusher, now: new Date() };
  const events: (() => Promise<void>)[] = [];
  for (const change of changes) {
    const payload = await pushEvent(bare, change, context);
    if (kind === 'gitlab') events.push(() => webhooks.send('Push Hook', gitlabPush(payload)));
    else events.push(() => webhooks.send('push', kind === 'gitea' ? giteaPush(payload) : payload));
  }
  const moved = await pulls.follow();
  return [...events, ...moved.map((pull) => () => tellPull(parts, 'synchronize', pull))];
}

/** Gitea says only by its zeros what was made or deleted. */
function giteaPush({ created: _, deleted: __, forced: ___, ...rest }: Record<string, unknown>) {
  return rest;
}

function underWay(parts: Parts, work: Promise<void>): Promise<void> {
  const tracked = work.finally(() => parts.underWay.delete(tracked));
  parts.underWay.add(tracked);
  return tracked;
}
