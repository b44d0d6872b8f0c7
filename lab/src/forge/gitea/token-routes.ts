// Gitea's endpoint that issues access tokens to a user who authenticates by password (routers/api/v1/user/app.go, CreateAccessToken).

import express, { type Router } from 'express';
import { loginOf } from '../login.ts';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { complain } from './answers.ts';

/** Scopes that Gitea accepts, by category. */
const SCOPE =
  /^(all|public-only|(read|write):(activitypub|admin|misc|notification|organization|package|issue|repository|user))$/;

interface NewToken {
  readonly name?: string;
  readonly scopes?: readonly string[];
}

/** Must be mounted before the routes that require a token. */
export function tokenRoutes(rest: Router, { password, token }: Parts): void {
  const names = new Set<string>();
  rest.post('/users/:login/tokens', express.json(), (request, response) => {
    const given = loginOf(request);
    if (given?.user === 'token') return complain(response, 401, 'auth required');
    if (given === undefined || given.user !== TOKEN_OWNER || given.password !== password)
      return complain(response, 401, 'invalid username, password or token');
    if (request.params.login !== given.user)
      return complain(response, 403, 'doer should be the site admin or be same as the contextUser');
    const { name = '', scopes = [] } = request.body as NewToken;
    if (name === '') return complain(response, 422, '[Name]: Required');
    if (names.has(name)) return complain(response, 400, 'access token name has been used already');
    const unknown = scopes.find((scope) => !SCOPE.test(scope));
    if (unknown !== undefined) return complain(response, 400, `invalid access token scope provided: ${unknown}`);
    names.add(name);
    response.status(201).json({ id: names.size, name, sha1: token, token_last_eight: token.slice(-8), scopes });
  });
}
