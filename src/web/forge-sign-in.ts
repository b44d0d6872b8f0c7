// Sign-in with OAuth through the forge: redirects to the forge with a state and a PKCE verifier stored in a cookie, and handles the callback with the
// code. The user's identity comes from OAuth; the role is looked up at the forge separately.

import express, { type Request, type Response, type Router } from 'express';
import { accessOf, tooManyFailures } from '../agent/http/guard.ts';
import { SIGN_IN } from '../messages/pages/pages.ts';
import { type BegunSignIn, SignInRefused } from '../ports/forge-sign-in.ts';
import { signedInPage } from './html/sign-in.ts';
import { linksFrom } from './links.ts';
import type { Show } from './send.ts';

const COOKIE = 'phoenix_sign_in';
const BEGUN_SECONDS = 600;
/** Maximum length of the return address. */
const MAX_RETURN_PATH_LENGTH = 500;
/** Callback path below the public address, registered in the OAuth application. */
const CALLBACK = 'signed-in';

interface Begun extends BegunSignIn {
  readonly to: string;
}

export type Ask = (
  request: Request,
  response: Response,
  status: number,
  asked: { readonly to: string; readonly wrong: string | null; readonly name?: string },
) => void;

export function signInByForge(show: Show, ask: Ask): Router {
  const routes = express.Router();

  routes.get('/sign-in-forge', async (request, response, next) => {
    const { forge, publicUrl, isSecure } = accessOf(request);
    if (forge === null || publicUrl === null) return next();
    const { url, ...begun } = await forge.begin(`${publicUrl}/${CALLBACK}`);
    const to = typeof request.query['to'] === 'string' ? request.query['to'].slice(0, MAX_RETURN_PATH_LENGTH) : '/';
    const cookie = cookieOf(textOf({ ...begun, to }), BEGUN_SECONDS, isSecure(request));
    response
      .writeHead(303, { location: url, 'set-cookie': cookie, 'cache-control': 'no-store', 'content-length': 0 })
      .end();
  });

  routes.get(`/${CALLBACK}`, async (request, response, next) => {
    const access = accessOf(request);
    const { forge, publicUrl } = access;
    if (forge === null || publicUrl === null) return next();
    const begun = begunFrom(request);
    const over = cookieOf('', 0, access.isSecure(request));
    response.setHeader('set-cookie', over);
    if (begun === null) return ask(request, response, 403, { to: '/', wrong: SIGN_IN.late });
    const callback = `${publicUrl}/${CALLBACK}`;
    const no = (status: number, wrong: string) => {
      if (access.failed(request)) return tooManyFailures(response);
      ask(request, response, status, { to: begun.to, wrong });
    };
    try {
      const answer = new URL(callback);
      answer.search = new URL(request.url, callback).search;
      const { login, grant } = await forge.person(answer, begun, callback);
      const role = await forge.roleOf(login, grant);
      if (role === null) return no(403, SIGN_IN.noRight(forge.name, login));
      const session = await access.signIn(request, { person: login, role, signedInBy: 'forge', grant });
      response.setHeader('set-cookie', [over, session]);
      show(request, response, 200, signedInPage(begun.to, linksFrom(request.path)));
    } catch (error) {
      if (error instanceof SignInRefused) return no(403, error.message);
      const why = error instanceof Error ? error.message : String(error);
      return ask(request, response, 503, { to: begun.to, wrong: SIGN_IN.noAnswer(forge.name, why) });
    }
  });
  return routes;
}

/** The callback is a cross-site navigation, which requires a `SameSite=Lax` cookie. */
function cookieOf(value: string, seconds: number, secure: boolean): string {
  return `${COOKIE}=${value}; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? '; Secure' : ''}`;
}

function textOf({ state, verifier, to }: Begun): string {
  return [state, verifier, Buffer.from(to).toString('base64url')].join('.');
}

function begunFrom({ headers }: Request): Begun | null {
  const pairs = (headers.cookie ?? '').split(';').map((each) => each.trim());
  const text = pairs.find((each) => each.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  const [, state, verifier, to] = /^([\w-]{20,200})\.([\w-]{20,200})\.([\w-]*)$/.exec(text ?? '') ?? [];
  if (state === undefined || verifier === undefined || to === undefined) return null;
  return { state, verifier, to: Buffer.from(to, 'base64url').toString() };
}
