// Middleware in front of the routes: refuses unauthorised requests, with what to do about it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { Access } from './access.ts';
import { fail } from './answer.ts';
import { WINDOW_SECONDS } from './failures.ts';
import { hostName } from './host.ts';

/** Refuses requests with a host name that is not the agent's. */
export function checkHost(access: Access): RequestHandler {
  return (request, response, next) => {
    if (access.isKnownHost(request)) return next();
    const name = hostName(request.headers.host);
    fail(response, 421, {
      message: name === null ? 'the request names no host' : `this agent is not known as ${name}`,
      hint: 'set PHOENIX_PUBLIC_URL to the address that people use, or add the name to PHOENIX_ALLOWED_HOSTS',
    });
  };
}

/** Looks up the session for the following handlers. */
export function recognise(access: Access): RequestHandler {
  return async (request, _response, next) => {
    await access.recognise(request);
    next();
  };
}

/** Guards routes that read. */
export function mayRead(access: Access): RequestHandler {
  return (request, response, next) => {
    if (access.reader(request) !== null) return next();
    refuse(access, request, response, 'it shows nothing beyond its own machine');
  };
}

/** Guards routes that change something. A session does not suffice, since a browser sends its cookie by itself. */
export function mayChange(access: Access): RequestHandler {
  return (request, response, next) => {
    if (access.token(request) === 'right') return next();
    refuse(access, request, response, 'nothing can be asked of it');
  };
}

function refuse(access: Access, request: Request, response: Response, without: string): void {
  const shown = access.token(request);
  if (access.adminToken === null) {
    const hint = 'set PHOENIX_ADMIN_TOKEN for the agent and start it again';
    fail(response, 403, { message: `the agent has no admin token, so ${without}`, hint });
  } else if (shown === 'wrong' && access.failed(request)) {
    tooManyFailures(response);
  } else {
    response.setHeader('www-authenticate', 'Bearer realm="phoenix"');
    const message = shown === 'wrong' ? 'the admin token is wrong' : 'an admin token is needed';
    fail(response, 401, { message, hint: 'send Authorization: Bearer PHOENIX_ADMIN_TOKEN' });
  }
}

/** The refusal gives no details of the failure; a correct request is never subject to the limit. */
export function tooManyFailures(response: ServerResponse): void {
  response.setHeader('retry-after', String(WINDOW_SECONDS));
  fail(response, 429, { message: 'too many refused requests from this address', hint: 'try again in a minute' });
}

const accesses = new WeakMap<IncomingMessage, Access>();

/** Passes the access on to later handlers, such as the pages. */
export function withAccess(access: Access): RequestHandler {
  return (request, _response, next) => {
    accesses.set(request, access);
    next();
  };
}

/** @throws when `withAccess` did not handle the request */
export function accessOf(request: IncomingMessage): Access {
  const access = accesses.get(request);
  if (access === undefined) throw new Error('a route was reached that withAccess does not precede');
  return access;
}
