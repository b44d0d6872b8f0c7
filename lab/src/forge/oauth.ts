// OAuth sign-in as GitHub and Gitea implement it: the consent page, a code that can be redeemed once and only with its PKCE verifier, and a token
// that identifies the user. It refuses what the real ones refuse.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { loginOf } from './login.ts';
import type { Parts } from './parts.ts';

export interface OauthApplication {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Redirect URI. */
  readonly callback: string;
}

interface Code {
  readonly login: string;
  readonly challenge: string | null;
}

interface OauthProvider {
  /** The pages, the exchange of codes, and the endpoints that accept a user's token. */
  readonly routes: Router;
  /** Expires all users' tokens. */
  expire(): void;
}

/** @param base path of the REST API below the forge's URL */
export function openOauthProvider(
  parts: Parts,
  kind: string,
  base: string,
  application: OauthApplication,
): OauthProvider {
  const codes = new Map<string, Code>();
  const tokens = new Map<string, string>();
  const routes = express.Router();
  const { people, place } = parts;

  routes.get('/login/oauth/authorize', ({ query }, response) => {
    const text = (name: string) => (typeof query[name] === 'string' ? query[name] : null);
    if (text('client_id') !== application.clientId) return page(response, 404, 'This application does not exist.');
    if (text('redirect_uri') !== application.callback)
      return page(response, 400, 'The redirect_uri is not that of the application.');
    if (text('response_type') !== 'code') return page(response, 400, 'unsupported_response_type');
    const back = new URL(application.callback);
    back.searchParams.set('state', text('state') ?? '');
    const login = text('as');
    if (login === null) {
      const choices = people
        .all()
        .map(
          (each) =>
            `<a href="?${escaped(new URLSearchParams({ ...(query as Record<string, string>), as: each }).toString())}">${escaped(each)}</a>`,
        );
      return page(response, 200, `Authorize Phoenix as ${choices.join(' or ')}`);
    }
    if (people.find(login) === undefined) {
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_description', 'The user has denied your application access.');
      return response.redirect(302, back.href);
    }
    const code = randomBytes(10).toString('hex');
    codes.set(code, { login, challenge: text('code_challenge_method') === 'S256' ? text('code_challenge') : null });
    back.searchParams.set('code', code);
    response.redirect(302, back.href);
  });

  routes.post('/login/oauth/access_token', express.urlencoded({ extended: false }), (request, response) => {
    const {
      client_id,
      client_secret,
      code: given,
      redirect_uri,
      code_verifier,
    } = (request.body ?? {}) as Readonly<Record<string, string>>;
    // GitHub always answers 200 and reports errors in the body.
    const no = (error: string, error_description: string) =>
      void response.status(kind === 'github' ? 200 : 400).json({ error, error_description });
    if (client_id !== application.clientId || !same(client_secret ?? '', application.clientSecret)) {
      return no('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.');
    }
    if (redirect_uri !== application.callback)
      return no('redirect_uri_mismatch', 'The redirect_uri is not associated with this application.');
    const code = codes.get(given ?? '');
    codes.delete(given ?? '');
    const challenge = createHash('sha256')
      .update(code_verifier ?? '')
      .digest('base64url');
    if (code === undefined || code.challenge !== challenge) {
      return no('bad_verification_code', 'The code passed is incorrect or expired.');
    }
    const token = `gho_${randomBytes(18).toString('hex')}`;
    tokens.set(token, code.login);
    response.json({ access_token: token, token_type: 'bearer', scope: '' });
  });

  /** The user of the token; null for other tokens, which the next handler checks. */
  const personIn = (request: Request): string | null => tokens.get(loginOf(request)?.password ?? '') ?? null;
  routes.get(`${base}/user`, (request, response, next) => {
    const login = personIn(request);
    if (login === null) return next();
    response.json({ id: people.findOrAdd(login).id, login });
  });
  routes.get(`${base}/repos/${place.repository}`, (request, response, next) => {
    const login = personIn(request);
    if (login === null) return next();
    const { right } = people.findOrAdd(login);
    if (right === 'none') return void response.status(404).json({ message: 'Not Found' });
    const push = right === 'admin' || right === 'maintain' || right === 'write';
    response.json({
      full_name: place.repository,
      private: !place.isPublic,
      permissions: { admin: right === 'admin', push, pull: true },
    });
  });
  return { routes, expire: () => tokens.clear() };
}

function page(response: Response, status: number, text: string): void {
  response.status(status).type('html').send(`<!doctype html><title>Authorize</title><p>${text}</p>`);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
