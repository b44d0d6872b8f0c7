// Browser sign-in and sign-out: once with the admin token or through the forge, then a session. Works without a script and below a path of a proxy,
// and only redirects to the requested page.

import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import type { Access } from '../agent/http/access.ts';
import { accessOf, mayRead, tooManyFailures } from '../agent/http/guard.ts';
import { carriesFormToken, isFromOwnPage } from '../agent/http/own-pages.ts';
import { sameSecret } from '../agent/http/timing-safe-equal.ts';
import { PAGE_ERROR, SIGN_IN } from '../messages/pages/pages.ts';
import { type Ask, signInByForge } from './forge-sign-in.ts';
import { errorPage } from './html/error-page.ts';
import { type SignIn, signInPage } from './html/sign-in.ts';
import { linksFrom, withinFrom } from './links.ts';
import type { Show } from './send.ts';

const FORM_BYTES = '16kb';
const MAX_NAME_LENGTH = 100;
/** Default name for users of the admin token. */
const NO_NAME = 'admin';

/** Parses a form. */
export const readForm: RequestHandler = express.urlencoded({ limit: FORM_BYTES, extended: false });

/** Shows the sign-in page in place of the one that was asked for, which follows it. */
export function askToSignIn(
  show: Show,
  request: Request,
  response: Response,
  status: number,
  asked: Pick<SignIn, 'to' | 'wrong'> & Partial<Pick<SignIn, 'name'>>,
): void {
  const access = accessOf(request);
  if (!canSignIn(access)) {
    show(request, response, 403, errorPage(PAGE_ERROR.noToken()));
    return;
  }
  if (status === 401) response.setHeader('www-authenticate', 'Bearer realm="phoenix"');
  const ways = { forge: access.forge?.name ?? null, token: access.adminToken !== null };
  show(request, response, status, signInPage({ name: '', ...asked, ...ways }, linksFrom(request.path)));
}

/** Middleware before all pages: sign-in and sign-out routes, and the sign-in page for everybody else. */
export function signInRoutes(show: Show): Router {
  const routes = express.Router();
  const ask: Ask = (...asked) => askToSignIn(show, ...asked);

  routes.use((request, response, next) => {
    const looks = request.method === 'GET' || request.method === 'HEAD';
    if (looks || isFromOwnPage(request, accessOf(request).publicUrl)) return next();
    show(request, response, 403, errorPage(PAGE_ERROR.otherSite()));
  });
  routes.post('/sign-in', readForm, async (request, response) => {
    const access = accessOf(request);
    const { token, to, name } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (access.adminToken === null) return show(request, response, 403, errorPage(PAGE_ERROR.noToken()));
    if (typeof token === 'string' && sameSecret(token.trim(), access.adminToken)) {
      const who = { person: nameFrom(name), role: 'admin', signedInBy: 'token', grant: null } as const;
      response.setHeader('set-cookie', await access.signIn(request, who));
      return goTo(response, withinFrom(request.path, String(to ?? '')));
    }
    if (access.failed(request)) return tooManyFailures(response);
    const typed = typeof name === 'string' ? name.slice(0, MAX_NAME_LENGTH) : '';
    ask(request, response, 401, { to: typeof to === 'string' ? to : '/', wrong: SIGN_IN.wrong, name: typed });
  });
  routes.post('/sign-out', readForm, async (request, response) => {
    const access = accessOf(request);
    // Without a session, signing out is already done.
    if (access.person(request) !== null && !carriesFormToken(access, request, formOf(request))) {
      return show(request, response, 403, errorPage(PAGE_ERROR.oldForm()));
    }
    response.setHeader('set-cookie', await access.signOut(request));
    goTo(response, './');
  });
  routes.use(signInByForge(show, ask));

  routes.use((request, response, next) => {
    const access = accessOf(request);
    const reader = access.reader(request);
    if (request.path === '/sign-in' && request.method === 'GET' && reader !== 'session' && reader !== 'token') {
      return ask(request, response, reader === null ? 401 : 200, { to: '/', wrong: null });
    }
    if (reader !== null) return request.path === '/sign-in' ? goTo(response, './') : next();
    if (request.accepts('json', 'html') !== 'html') return mayRead(access)(request, response, next);
    ask(request, response, 401, { to: request.url, wrong: null });
  });
  return routes;
}

/** The CSRF token of the form. */
export function formOf({ body }: Request): unknown {
  return ((body ?? {}) as { readonly form?: unknown }).form;
}

export function goTo(response: Response, place: string): void {
  response.writeHead(303, { location: place, 'cache-control': 'no-store', 'content-length': 0 }).end();
}

function canSignIn({ adminToken, forge }: Access): boolean {
  return adminToken !== null || forge !== null;
}

function nameFrom(given: unknown): string {
  const name = typeof given === 'string' ? given.replace(/\s+/g, ' ').trim().slice(0, MAX_NAME_LENGTH) : '';
  return name === '' ? NO_NAME : name;
}
