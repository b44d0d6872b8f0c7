// Reading waits for Redis, and Redis may be away: a request is answered so in bounded time.

import type { RequestHandler } from 'express';
import { fail } from './answer.ts';

/** @param ms after which a request that only reads is answered with 503; what it waits for goes on, unheard */
export function answerInTime(ms: number): RequestHandler {
  return (request, response, next) => {
    if (request.method === 'GET') {
      const timer = setTimeout(() => {
        fail(response, 503, { message: 'the answer takes too long', hint: 'Redis may be away: phoenix doctor beside the agent, or GET /readyz, says more' });
      }, ms);
      response.once('close', () => clearTimeout(timer));
    }
    next();
  };
}
