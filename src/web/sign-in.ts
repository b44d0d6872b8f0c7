// Signing in and out with a browser: the admin token once, then a session. It works without a script and below a path of a proxy, and
// leads back to the page that was asked for and to nowhere else.

import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { fail } from '../agent/http/answer.ts';
import { accessOf, mayRead, tooManyFailures } from '../agent/http/guard.ts';
import { sameSecret } from '../agent/http/timing-safe-equal.ts';
import { SIGN_IN, TROUBLE } from '../messages/pages.ts';
import type { Page } from './html/document.ts';
import { troublePage } from './html/error-page.ts';
import { signInPage } from './html/sign-in.ts';
import { linksFrom, withinFrom } from './links.ts';

const FORM_BYTES = '16kb';

type Show = (request: Request, response: Response, status: number, page: Page) => void;

/** What stands before every page: the ways in and out, and nothing more for whoever did not sign in. */
export function signInRoutes(show: Show): Router {
  const routes = express.Router();
  const ask = (request: Request, response: Response, to: string, wrong: string | null) => {
    response.setHeader('www-authenticate', 'Bearer realm="phoenix"');
    show(request, response, 401, signInPage({ to, wrong }, linksFrom(request.path)));
  };

  routes.post(['/sign-in', '/sign-out'], refuseOtherSites);
  routes.post('/sign-in', express.urlencoded({ limit: FORM_BYTES, extended: false }), (request, response) => {
    const access = accessOf(request);
    const { token, to } = (request.body ?? {}) as { readonly token?: unknown; readonly to?: unknown };
    if (access.adminToken === null) return show(request, response, 403, troublePage(TROUBLE.noToken()));
    if (typeof token === 'string' && sameSecret(token.trim(), access.adminToken)) {
      response.setHeader('set-cookie', access.signIn(request));
      return goTo(response, withinFrom(request.path, String(to ?? '')));
    }
    if (access.failed(request)) return tooManyFailures(response);
    ask(request, response, typeof to === 'string' ? to : '/', SIGN_IN.wrong);
  });
  routes.post('/sign-out', (request, response) => {
    response.setHeader('set-cookie', accessOf(request).signOut(request));
    goTo(response, './');
  });

  routes.use((request, response, next) => {
    const access = accessOf(request);
    if (access.reader(request) !== null) {
      return request.path === '/sign-in' ? goTo(response, './') : next();
    }
    if (request.accepts('json', 'html') !== 'html') return mayRead(access)(request, response, next);
    if (access.adminToken === null) return show(request, response, 403, troublePage(TROUBLE.noToken()));
    ask(request, response, request.path === '/sign-in' ? '/' : request.url, null);
  });
  return routes;
}

/** Whoever leads a browser here from another site wants something of it that its user did not ask for. */
const refuseOtherSites: RequestHandler = (request, response, next) => {
  const site = request.get('sec-fetch-site');
  if (site === undefined || site === 'same-origin' || site === 'none') return next();
  fail(response, 403, { message: 'this was asked for by a page of another site', hint: 'sign in on the page itself' });
};

function goTo(response: Response, place: string): void {
  response.writeHead(303, { location: place, 'cache-control': 'no-store', 'content-length': 0 }).end();
}
