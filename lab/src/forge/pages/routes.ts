// The forge's pages for people, and their forms. Whoever can connect to this machine's loopback address may use them; a page of another site may not,
// neither by a form nor by a name that it resolves to this machine.

import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { renderToString } from 'preact-render-to-string';
import { addComment, addReview, changePull, mergePull, openPull } from '../mutations.ts';
import type { Parts } from '../parts.ts';
import type { LabPull } from '../pulls.ts';
import { isRefused, type Refused, refuse } from '../refused.ts';
import { html } from './html.ts';
import { SCRIPT, STYLE } from './style.ts';
import { type Commit, commitPage, type Page, pullPage, refusedPage, repositoryPage } from './views.ts';

const SHOWN_COMMITS = 30;
const MAX_DIFF_LENGTH = 100_000;
/** Acts where a form does not say who does, such as one sent by curl. */
const SOMEBODY = 'ada';
const CONTENT_POLICY =
  "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'";

export function pageRoutes(parts: Parts): Router {
  const { place } = parts;
  const routes = express.Router();
  const base = `/${place.repository}`;
  routes.use(base, ownSiteOnly(place.url));
  routes.get('/', (_request, response) => response.redirect(place.page));
  routes.get('/pages.css', (_request, response) => void response.type('css').send(STYLE));
  routes.get('/pages.js', (_request, response) => void response.type('js').send(SCRIPT));
  showPages(routes.route.bind(routes), base, parts);
  takeForms(routes, base, parts);
  return routes;
}

function showPages(route: Router['route'], base: string, parts: Parts): void {
  const { pulls, bare } = parts;
  route(base).get(async (_request, response) => {
    const commits = await commitsOf(parts, 'refs/heads/main', SHOWN_COMMITS);
    send(parts, response, repositoryPage(parts, { commits, branches: await freeBranches(parts) }));
  });
  route(`${base}/commit/:sha`).get(async (request, response) => {
    const sha = await bare.commit(String(request.params['sha']));
    const [commit] = sha === undefined ? [] : await commitsOf(parts, sha, 1);
    if (commit === undefined)
      return send(parts, response, refusedPage('There is no such commit.', parts.place.page), 404);
    const diff = await bare.git('show', '--format=', '--first-parent', commit.sha);
    send(parts, response, commitPage(parts, commit, shortened(diff)));
  });
  route(`${base}/pull/:number`).get(async (request, response) => {
    const pull = pulls.get(Number(request.params['number']));
    if (pull === undefined)
      return send(parts, response, refusedPage('There is no such pull request.', parts.place.page), 404);
    const diff = await bare.git('diff', `${pull.base.sha}...${pull.head.sha}`);
    send(parts, response, pullPage(parts, pull, shortened(diff)));
  });
}

/** What a form of a pull request does; resolves to the pull request after it. */
type Act = (pull: LabPull, request: Request, by: string) => object | Promise<object>;

function takeForms(routes: Router, base: string, parts: Parts): void {
  const { place, pulls } = parts;
  const acts: Readonly<Record<string, Act>> = {
    comments: ({ number }, request, by) => {
      const body = field(request, 'body').trim();
      return body === ''
        ? refuse('body', 'missing_field', 'a comment needs a text')
        : addComment(parts, number, body, by);
    },
    reviews: (pull, _request, by) => addReview(parts, pull, { state: 'approved' }, by),
    merge: (pull, _request, by) => mergePull(parts, pull, by),
    close: (pull, _request, by) => changePull(parts, pull, { state: 'closed' }, by),
  };
  routes.use(base, express.urlencoded({ extended: false, limit: '1mb' }));
  routes.post(`${base}/pulls`, async (request, response) => {
    const requested = { title: field(request, 'title'), head: field(request, 'head'), base: 'main' };
    const opened = await openPull(parts, requested, personOf(request));
    answer(response, opened, isRefused(opened) ? place.page : `${place.page}/pull/${opened.number}`);
  });
  routes.post(`${base}/pull/:number/:act`, async (request, response) => {
    const pull = pulls.get(Number(request.params['number']));
    const name = String(request.params['act']);
    const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
    if (pull === undefined || act === undefined) {
      return send(parts, response, refusedPage('There is no such pull request, or no such form.', place.page), 404);
    }
    answer(response, await act(pull, request, personOf(request)), `${place.page}/pull/${pull.number}`);
  });

  /** Back to the page that shows what was done, or says why it was not. */
  function answer(response: Response, result: object | Refused, page: string): void {
    if (isRefused(result)) send(parts, response, refusedPage(result.refused.message, page), 422);
    else response.status(303).location(page).type('text').send(`${page}\n`);
  }
}

/** Refuses requests for another name than the forge's, and forms of other sites: browsers send where a form comes from, the older ones in `Origin` alone. */
function ownSiteOnly(url: string): RequestHandler {
  const { host, origin: own, port } = new URL(url);
  return (request, response, next) => {
    const isRead = request.method === 'GET';
    const [site = 'none', origin = own] = [request.get('sec-fetch-site'), request.get('origin')];
    const isForeign = !isRead && ((site !== 'same-origin' && site !== 'none') || origin !== own);
    if (request.get('host') === host && !isForeign) next();
    // Forms and links are those of the address.
    else if (request.get('host') === `localhost:${port}` && isRead) response.redirect(`${own}${request.originalUrl}`);
    else response.status(403).type('text').send('The lab’s forge answers its own pages only.\n');
  };
}

function field(request: Request, name: string): string {
  const given: unknown = (request.body as Record<string, unknown> | undefined)?.[name];
  return typeof given === 'string' ? given : '';
}

function personOf(request: Request): string {
  return field(request, 'by') || SOMEBODY;
}

/** Newest first; none of a ref that does not exist. */
async function commitsOf({ bare }: Parts, revision: string, limit: number): Promise<readonly Commit[]> {
  const sha = await bare.commit(revision);
  if (sha === undefined) return [];
  const listed = await bare.git('log', `--max-count=${limit}`, '--format=%H%x1f%s%x1f%an', sha, '--');
  return listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', subject = '', author = ''] = line.split('\x1f');
      return { sha: id, subject, author };
    });
}

/** Branches with commits that the main branch lacks, and without an open pull request. */
async function freeBranches({ bare, pulls }: Parts): Promise<readonly string[]> {
  const main = await bare.commit('refs/heads/main');
  if (main === undefined) return [];
  const taken = new Set(pulls.all().flatMap(({ state, head }) => (state === 'open' ? [head.branch] : [])));
  const free: string[] = [];
  for (const [ref, sha] of await bare.refs()) {
    const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
    if (branch !== undefined && !taken.has(branch) && !(await bare.isAncestor(sha, main))) free.push(branch);
  }
  return free.sort();
}

function shortened(diff: string): string {
  return diff.length > MAX_DIFF_LENGTH ? `${diff.slice(0, MAX_DIFF_LENGTH)}\n…` : diff;
}

function send({ place }: Parts, response: Response, { title, body }: Page, status = 200): void {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title}</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href="/pages.css" />
      <script type="module" src="/pages.js"></script>
    </head>
    <body>
      <header><a href=${place.page}>${place.repository}</a> <span class="faint">the lab’s forge, on this machine</span></header>
      <main>${body}</main>
    </body>
  </html>`;
  response
    .status(status)
    .set('Content-Security-Policy', CONTENT_POLICY)
    .type('html')
    .send(`<!doctype html>${renderToString(page)}`);
}
