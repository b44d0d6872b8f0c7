// Limits the time of read requests, since Redis may be unreachable.

import type { RequestHandler } from 'express';
import { fail } from './answer.ts';

/** @param ms time after which a read request is answered with 503; its work continues, and the result is dropped */
export function answerInTime(ms: number): RequestHandler {
  return (request, response, next) => {
    if (request.method === 'GET') {
      const timer = setTimeout(() => {
        fail(response, 503, {
          message: 'the answer takes too long',
          hint: 'Redis may be away: phoenix doctor beside the agent, or GET /readyz, says more',
        });
      }, ms);
      response.once('close', () => clearTimeout(timer));
    }
    next();
  };
}
