// The routes of the web pages. Readable by everybody who may read the API; users sign in for it. Their addresses are published on commits, so they
// must not change. Actions are in `actions/`.

import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { accessOf } from '../agent/http/guard.ts';
import { RunPath, TargetPath } from '../agent/http/requests.ts';
import { PAGE_ERROR, type PageError } from '../messages/pages/pages.ts';
import type { RunId } from '../model/ids.ts';
import type { Log } from '../ports/log.ts';
import type { ActionDeps } from './actions/register.ts';
import { actionRoutes } from './actions/routes.ts';
import { assetRoute, loadAssets } from './assets.ts';
import type { ForgePages } from './forge-pages.ts';
import { gatherFront, gatherRun, gatherStep } from './gather.ts';
import { gatherMap, gatherSearch, gatherTarget, gatherTargets } from './gather-targets.ts';
import { askedPage } from './html/asked.ts';
import { document, type Page } from './html/document.ts';
import { errorPage } from './html/error-page.ts';
import { frontPage } from './html/home.ts';
import { mapPage } from './html/map.ts';
import { pullPage } from './html/pull.ts';
import { runPage, stepPage } from './html/run.ts';
import { searchPage } from './html/search.ts';
import { targetPage } from './html/target.ts';
import { targetsPage } from './html/targets.ts';
import { type Links, linksFrom } from './links.ts';
import { queueRoutes, type ShowQueues } from './queues.ts';
import { sendAsset, sendPage } from './send.ts';
import { signInRoutes } from './sign-in.ts';
import type { PageSources } from './sources.ts';

/** Time limit for gathering a page; below the request timeout of the API. */
const PAGE_MS = 8_000;
/** Number of entries on the audit page. */
const ASKED_LISTED = 100;
/** Maximum length of a query. */
const MAX_QUERY_LENGTH = 100;

export interface PagesDeps extends ActionDeps {
  readonly log: Pick<Log, 'info' | 'error'>;
  /** Null without forge pages. */
  readonly forge: ForgePages | null;
  /** The queue dashboard; absent if this process has none. */
  readonly queues?: ShowQueues;
}

/** A page, or an error that is answered with 404. */
type Make = (request: Request, links: Links) => Promise<Page | PageError>;

/** Other paths are passed to the next handler. */
export function openPages(parts: PagesDeps): RequestHandler {
  const assets = loadAssets();
  const routes = express.Router();

  const linksOf = (request: Request) => linksFrom(request.path, parts.forge, accessOf(request).person(request));
  const show = (request: Request, response: Response, status: number, page: Page) => {
    sendPage(response, status, document(page, linksOf(request), assets.names));
  };
  const showError = (request: Request, response: Response, status: number, what: PageError) => {
    show(request, response, status, errorPage(what));
  };
  routes.get('/static/:file', assetRoute(assets, sendAsset));
  routes.use(signInRoutes(show));
  routes.use(actionRoutes(parts, show));
  routes.use(queueRoutes(parts.queues ?? null, show));
  for (const [path, make] of pages(parts)) {
    routes.get(path, async (request, response) => {
      const timer = setTimeout(() => showError(request, response, 503, PAGE_ERROR.late()), PAGE_MS);
      response.once('close', () => clearTimeout(timer));
      const made = await make(request, linksOf(request));
      if ('hint' in made) showError(request, response, 404, made);
      else show(request, response, 200, made);
    });
  }
  // API paths are handled elsewhere.
  routes.get(/^\/(?!api(\/|$))/, (request, response, next) => {
    if (request.accepts('json', 'html') !== 'html') return next();
    showError(request, response, 404, PAGE_ERROR.noPage(request.path));
  });

  const onError: ErrorRequestHandler = (error: unknown, request, response, next) => {
    // Unreadable or too large forms are handled by the default error handler.
    if (request.method === 'POST') return next(error);
    const unreadable = error instanceof URIError;
    if (!unreadable) parts.log.error(`${request.method} ${request.path} failed`, { error });
    showError(request, response, unreadable ? 400 : 500, unreadable ? PAGE_ERROR.unreadable() : PAGE_ERROR.broken());
  };
  routes.use(onError);
  return routes;
}

function pages(sources: PageSources): ReadonlyArray<readonly [path: string, make: Make]> {
  return [
    ['/', async (request, links) => frontPage(await gatherFront(sources, before(request)), links)],
    [
      '/runs/:id',
      async ({ params }, links) => {
        const { data } = RunPath.safeParse(params);
        const view = data === undefined ? null : await gatherRun(sources, data.id);
        return view === null ? PAGE_ERROR.noRun(String(params['id'])) : runPage(view, links);
      },
    ],
    [
      '/runs/:id/:kind/:name',
      async ({ params }, links) => {
        const { data } = RunPath.safeParse(params);
        const target = TargetPath.safeParse(params);
        if (data === undefined) return PAGE_ERROR.noRun(String(params['id']));
        if (!target.success) return PAGE_ERROR.noStep(data.id, `${params['kind']}/${params['name']}`);
        const view = await gatherStep(sources, data.id, target.data);
        if (view === null) return PAGE_ERROR.noRun(data.id);
        const step = view.run.steps.find((each) => each.target === target.data);
        return step === undefined ? PAGE_ERROR.noStep(data.id, target.data) : stepPage(view, step, links);
      },
    ],
    [
      '/pulls/:number',
      async ({ params }, links) => {
        const text = String(params['number']);
        const plan = /^\d{1,9}$/.test(text) ? await sources.ledger.pullPlan(Number(text)) : null;
        return plan === null ? PAGE_ERROR.noPull(text) : pullPage(plan, links);
      },
    ],
    ['/asked', async (_request, links) => askedPage(await sources.ledger.asked(ASKED_LISTED), links)],
    ['/map', async (_request, links) => mapPage(await gatherMap(sources), links)],
    ['/search', async ({ query }, links) => searchPage(await gatherSearch(sources, wordsOf(query['q'])), links)],
    ['/targets', async (_request, links) => targetsPage(await gatherTargets(sources), links)],
    [
      '/targets/:kind/:name',
      async (request, links) => {
        const target = TargetPath.safeParse(request.params);
        const view = target.success ? await gatherTarget(sources, target.data, before(request)) : null;
        return view === null
          ? PAGE_ERROR.noTarget(`${request.params['kind']}/${request.params['name']}`)
          : targetPage(view, links);
      },
    ],
  ];
}

/** The query as one line of limited length. */
function wordsOf(asked: unknown): string {
  return typeof asked === 'string' ? asked.replace(/\s+/g, ' ').trim().slice(0, MAX_QUERY_LENGTH) : '';
}

/** The run before which the list continues; otherwise from the newest. */
function before({ query }: Request): RunId | null {
  const text = query['before'];
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? (text as RunId) : null;
}
