// Whoever wants something changed shows the admin token.

import type { RequestHandler } from 'express';
import type { Secret } from '../../model/secret.ts';
import { fail } from './answer.ts';
import { sameSecret } from './same.ts';

/** @param token null refuses everybody: without a token nothing can be changed over HTTP */
export function authorize(token: Secret | null): RequestHandler {
  return (request, response, next) => {
    if (token === null) {
      const hint = 'set PHOENIX_ADMIN_TOKEN for the agent and start it again';
      return fail(response, 403, { message: 'the agent has no admin token, so nothing can be asked of it', hint });
    }
    const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (given !== undefined && sameSecret(given, token)) return next();
    response.setHeader('www-authenticate', 'Bearer realm="phoenix"');
    const message = given === undefined ? 'an admin token is needed' : 'the admin token is wrong';
    fail(response, 401, { message, hint: 'send Authorization: Bearer PHOENIX_ADMIN_TOKEN' });
  };
}
