// Authentication and authorisation of GitHub's REST API.

import type { Request, RequestHandler, Response } from 'express';
import { loginOf } from '../login.ts';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { fail } from './answers.ts';
import type { Grant, LabApp, Level } from './app-registry.ts';
import { botOf } from './shapes.ts';

type Caller =
  | { readonly as: 'token'; readonly login: string }
  | { readonly as: 'installation'; readonly login: string; readonly grant: Grant }
  | { readonly as: 'app'; readonly app: LabApp };

const LOCAL = 'caller';

/** Rejects unauthenticated requests. An App that acts as itself is authenticated by its signed token. */
export function identify(parts: Parts): RequestHandler {
  return async (request, response, next) => {
    const caller = await callerOf(parts, request);
    if (typeof caller === 'string') return fail(response, 401, caller);
    response.locals[LOCAL] = caller;
    next();
  };
}

async function callerOf({ token, apps }: Parts, request: Request): Promise<Caller | string> {
  const given = loginOf(request)?.password;
  if (given === undefined) return 'Requires authentication';
  if (given === token) return { as: 'token', login: TOKEN_OWNER };
  const grant = apps.grantOf(given);
  if (grant !== undefined) return { as: 'installation', login: botOf(grant.app), grant };
  if (given.split('.').length !== 3 || given.startsWith('ghs_')) return 'Bad credentials';
  const app = await apps.signer(given, new Date());
  return typeof app === 'string' ? app : { as: 'app', app };
}

/** The login that a change is attributed to. */
export function loginIn(response: Response): string {
  const caller = response.locals[LOCAL] as Caller;
  return caller.as === 'app' ? botOf(caller.app) : caller.login;
}

/** Requires an App that acts as itself. */
export function asApp(parts: Parts): RequestHandler {
  return async (request, response, next) => {
    const signer = await parts.apps.signer(loginOf(request)?.password ?? '', new Date());
    if (typeof signer === 'string') return fail(response, signer === 'Integration not found' ? 404 : 401, signer);
    response.locals[LOCAL] = { as: 'app', app: signer };
    next();
  };
}

export function appIn(response: Response): LabApp {
  const caller = response.locals[LOCAL] as Caller;
  if (caller.as === 'app') return caller.app;
  if (caller.as === 'installation') return caller.grant.app;
  throw new Error('no App asks');
}

/** Requires one of these rights: of the App's installation, or of the user that the token belongs to. */
export function needs(parts: Parts, level: Level, ...anyOf: readonly string[]): RequestHandler {
  return (_request, response, next) => {
    const caller = response.locals[LOCAL] as Caller;
    if (caller.as !== 'token') {
      const given = caller.as === 'installation' ? caller.grant.permissions : {};
      if (anyOf.some((name) => given[name] === 'write' || (level === 'read' && given[name] === 'read'))) return next();
      return fail(response, 403, 'Resource not accessible by integration');
    }
    if (anyOf.some((name) => tokenMay(parts, name, level))) return next();
    fail(response, 403, 'Resource not accessible by personal access token');
  };
}

/** A user's token never reaches checks, which only Apps may write; webhooks need a repository administrator. */
function tokenMay({ people, tokenScopes }: Parts, permission: string, level: Level): boolean {
  if (
    tokenScopes !== null &&
    !tokenScopes.some((each) => each === `${permission}:${level}` || each === `${permission}:write`)
  )
    return false;
  const { right } = people.findOrAdd(TOKEN_OWNER);
  if (permission === 'checks') return false;
  if (permission === 'repository_hooks') return right === 'admin';
  if (level === 'read') return right !== 'none';
  return right === 'admin' || right === 'maintain' || right === 'write';
}
