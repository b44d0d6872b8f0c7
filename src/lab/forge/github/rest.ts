// GitHub's REST interface as far as Phoenix uses it, with what GitHub refuses: who may do what, what is not there, what is too
// long. Gitea and Forgejo have the same below `/api/v1`, without checks.

import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import type { PullBook } from '../pulls.ts';
import type { BareRepository } from '../repository.ts';
import { combined, type StatusBook } from '../statuses.ts';
import type { Webhooks } from '../webhooks.ts';
import { type AppDesk, INSTALLATION, type LabApp } from './app.ts';
import type { CheckBook } from './checks.ts';
import { checkAnswer, commentAnswer, type Place, person, pullAnswer } from './payloads.ts';
import { isRefusal, refuse } from './refusal.ts';

export interface RestParts {
  readonly place: Place;
  readonly token: string;
  readonly bare: BareRepository;
  readonly statuses: StatusBook;
  readonly checks: CheckBook;
  readonly pulls: PullBook;
  readonly webhooks: Webhooks;
  readonly apps: AppDesk;
  /** What each person may do; whoever is not named is nobody. */
  readonly people: ReadonlyMap<string, string>;
  /** Gitea calls some things otherwise and has no checks. */
  readonly gitea: boolean;
}

const LONGEST_COMMENT = 65_536;
const HOOK = 1;
const SCHEME = /^(?:token|bearer) (.+)$/i;

type Who = { readonly as: 'token' | 'installation' } | { readonly as: 'app'; readonly app: LabApp };

async function whoIs({ token, apps }: RestParts, request: Request): Promise<Who | undefined> {
  const given = SCHEME.exec(request.get('authorization') ?? '')?.[1] ?? '';
  if (given === token) return { as: 'token' };
  if (apps.isInstallation(given, new Date())) return { as: 'installation' };
  const app = await apps.appOf(given);
  return app === undefined ? undefined : { as: 'app', app };
}

/** Everything below the base of the interface. */
export function githubRest(parts: RestParts): Router {
  const rest = express.Router();
  const { place } = parts;
  rest.use(express.json({ limit: '10mb' }));
  rest.post('/app-manifests/:code/conversions', (request, response) => {
    const app = parts.apps.redeem(request.params.code);
    if (app === undefined) missing(response);
    else response.status(201).json(app);
  });
  rest.use(async (request, response, next) => {
    const who = await whoIs(parts, request);
    response.locals['who'] = who;
    if (who === undefined) response.status(401).json({ message: 'Bad credentials' });
    else next();
  });
  appRoutes(rest, parts);
  const repository = express.Router();
  repository.use(as('token', 'installation'));
  repositoryRoutes(repository, parts);
  statusRoutes(repository, parts);
  pullRoutes(repository, parts);
  if (!parts.gitea) checkRoutes(repository, parts);
  hookRoutes(repository, `/hooks/${HOOK}/deliveries`, parts);
  rest.use(`/repos/${place.repository}`, repository);
  return rest;
}

function as(...kinds: readonly Who['as'][]): RequestHandler {
  return (_request, response, next) => {
    if (kinds.includes((response.locals['who'] as Who).as)) return next();
    response.status(403).json({ message: 'Resource not accessible by this kind of credentials' });
  };
}

function missing(response: Response): void {
  response.status(404).json({ message: 'Not Found' });
}

function appRoutes(rest: Router, parts: RestParts): void {
  const { place, apps } = parts;
  const given = { checks: 'write', contents: 'read', metadata: 'read', pull_requests: 'write', issues: 'read' };
  rest.get(`/repos/${place.repository}/installation`, as('app'), (_request, response) => {
    const { app } = response.locals['who'] as Extract<Who, { as: 'app' }>;
    response.json({ id: INSTALLATION, app_id: app.id, permissions: given });
  });
  rest.post('/app/installations/:id/access_tokens', as('app'), (request, response) => {
    if (request.params['id'] !== String(INSTALLATION)) return missing(response);
    response.status(201).json({ ...apps.issue(new Date()), permissions: given, repository_selection: 'selected' });
  });
  const hook = express.Router();
  hookRoutes(hook, '/deliveries', parts);
  rest.use('/app/hook', as('app'), hook);
}

function repositoryRoutes(routes: Router, { place, people, webhooks }: RestParts): void {
  routes.get('/', (_request, response) => {
    response.json({ full_name: place.repository, permissions: { admin: false, push: true, pull: true } });
  });
  routes.get('/collaborators/:user/permission', (request, response) => {
    const permission = people.get(request.params.user);
    if (permission === undefined) return missing(response);
    response.json({ permission, role_name: permission, user: person(request.params.user) });
  });
  routes.get('/hooks', as('token'), (_request, response) => {
    response.json(webhooks.receivers().map((url, index) => ({ id: HOOK + index, active: true, config: { url } })));
  });
}

function statusRoutes(routes: Router, { bare, statuses, gitea }: RestParts): void {
  routes.post('/statuses/:sha', async (request, response) => {
    const { sha: asked } = request.params;
    const sha = /^[0-9a-f]{40}$/.test(asked) ? await bare.commit(asked) : undefined;
    if (sha === undefined) {
      response.status(422).json({ message: `No commit found for SHA: ${asked}` });
      return;
    }
    const answer = statuses.add(sha, request.body ?? {}, new Date());
    if ('message' in answer) response.status(422).json(answer);
    else response.status(201).json(gitea ? { ...answer, status: answer.state, state: undefined } : answer);
  });
  const withCommit = (tell: (sha: string) => unknown) => {
    return async (request: Request<{ ref: string }>, response: Response) => {
      const sha = await bare.commit(request.params.ref);
      if (sha === undefined) missing(response);
      else response.json(tell(sha));
    };
  };
  routes.get('/statuses/:ref', withCommit(statuses.of));
  routes.get('/commits/:ref/statuses', withCommit(statuses.of));
  routes.get(
    '/commits/:ref/status',
    withCommit((sha) => {
      const latest = statuses.latest(sha);
      const told = gitea ? latest.map(({ state, ...rest }) => ({ ...rest, status: state })) : latest;
      return { sha, state: combined(latest), total_count: latest.length, statuses: told };
    }),
  );
}

function pullRoutes(routes: Router, { pulls, place, gitea }: RestParts): void {
  routes.get('/pulls', (request, response) => {
    const state = String(request.query['state'] ?? 'open');
    const found = pulls.all().filter((pull) => state === 'all' || pull.state === state);
    response.json(page(request, found.toReversed(), gitea).map((pull) => pullAnswer(pull, place)));
  });
  routes.get('/pulls/:number', (request, response) => {
    const pull = pulls.get(Number(request.params.number));
    if (pull === undefined) missing(response);
    else response.json(pullAnswer(pull, place));
  });
  routes.get('/issues/:number/comments', (request, response) => {
    response.json(page(request, pulls.comments(Number(request.params.number)), gitea).map(commentAnswer));
  });
  const body = (request: Request, response: Response): string | undefined => {
    const text: unknown = request.body?.body;
    if (typeof text === 'string' && text.trim() !== '' && text.length <= LONGEST_COMMENT) return text;
    response.status(422).json(refuse('body', 'is missing or too long'));
    return undefined;
  };
  routes.post('/issues/:number/comments', (request, response) => {
    const pull = pulls.get(Number(request.params.number));
    if (pull === undefined) return missing(response);
    const text = body(request, response);
    if (text !== undefined) response.status(201).json(commentAnswer(pulls.comment(pull.number, 'phoenix[bot]', text)));
  });
  routes.patch('/issues/comments/:id', (request, response) => {
    const text = body(request, response);
    if (text === undefined) return;
    const changed = pulls.change(Number(request.params.id), text);
    if (changed === undefined) missing(response);
    else response.json(commentAnswer(changed));
  });
}

function checkRoutes(routes: Router, { checks, bare, place }: RestParts): void {
  routes.use(['/check-runs', '/commits/:ref/check-runs'], as('installation'));
  routes.post('/check-runs', async (request, response) => {
    const sha = await bare.commit(String(request.body?.head_sha ?? ''));
    if (sha === undefined) {
      response.status(422).json({ message: `No commit found for SHA: ${request.body?.head_sha}` });
      return;
    }
    const made = checks.create(sha, request.body, new Date());
    response.status(isRefusal(made) ? 422 : 201).json(isRefusal(made) ? made : checkAnswer(made, place));
  });
  routes.patch('/check-runs/:id', (request, response) => {
    const made = checks.change(Number(request.params.id), request.body ?? {}, new Date());
    if (made === undefined) return missing(response);
    response.status(isRefusal(made) ? 422 : 200).json(isRefusal(made) ? made : checkAnswer(made, place));
  });
  routes.get('/commits/:ref/check-runs', async (request, response) => {
    const sha = await bare.commit(request.params.ref);
    if (sha === undefined) return missing(response);
    const found = checks.latest(sha).map((check) => checkAnswer(check, place));
    response.json({ total_count: found.length, check_runs: found });
  });
}

/** Deliveries of one hook, the newest first, a page at a time, and asking for one again. */
function hookRoutes(routes: Router, path: string, { webhooks }: RestParts): void {
  routes.get(path, (request, response) => {
    const most = Math.min(100, Number(request.query['per_page'] ?? 30));
    const before = Number(request.query['cursor'] ?? Number.POSITIVE_INFINITY);
    const all = webhooks
      .deliveries()
      .toReversed()
      .filter(({ number }) => number < before);
    const found = all.slice(0, most);
    const last = found.at(-1);
    if (all.length > found.length && last !== undefined) {
      const url = new URL(request.originalUrl, 'http://forge');
      url.searchParams.set('cursor', String(last.number));
      response.set('link', `<${url.href}>; rel="next"`);
    }
    response.json(
      found.map(({ number, id, event, status, redelivery, at }) => ({
        id: number,
        guid: id,
        delivered_at: at,
        redelivery,
        duration: 0.1,
        status: status === null ? 'failed to connect to host' : String(status),
        status_code: status ?? 502,
        event,
        action: null,
        installation_id: null,
        repository_id: 1,
      })),
    );
  });
  routes.post(`${path}/:delivery/attempts`, (request, response) => {
    const { delivery } = request.params as { delivery: string };
    const found = webhooks.deliveries().find(({ number }) => String(number) === delivery);
    if (found === undefined) return missing(response);
    void webhooks.redeliver(found.id);
    response.status(202).json({});
  });
}

function page<T>(request: Request, all: readonly T[], gitea: boolean): readonly T[] {
  const most = Number(request.query[gitea ? 'limit' : 'per_page'] ?? 30);
  const number = Number(request.query['page'] ?? 1);
  return all.slice((number - 1) * most, number * most);
}
