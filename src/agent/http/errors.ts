// Answers requests that failed with an exception.

import type { ServerResponse } from 'node:http';
import type { ErrorRequestHandler } from 'express';
import type { Log } from '../../ports/log.ts';
import { Refused, WrongTarget } from '../refused.ts';
import { fail } from './answer.ts';
import { BadRequest } from './requests.ts';

/** The only place where an exception becomes an HTTP response. */
export function onError(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      response.end();
    } else if (error instanceof BadRequest) {
      return fail(response, 400, { message: error.message, hint: 'see the contract of the HTTP API' });
    } else if (error instanceof WrongTarget) {
      return fail(response, 400, { message: error.message, hint: NOTHING_DONE });
    } else if (error instanceof Refused) {
      return fail(response, 409, { message: error.message, hint: NOTHING_DONE });
    } else if (statusOf(error) !== null) {
      // Errors of express and its parsers for an unreadable request.
      const status = statusOf(error) ?? 400;
      return fail(response, status, {
        message: 'the request cannot be read',
        hint: 'send JSON, and percent-encode the path',
      });
    } else {
      broken(response);
    }
    log.error(`${request.method} ${request.path} failed`, { error });
  };
}

const NOTHING_DONE = 'nothing was done';

/** For a fault of Phoenix itself, of which a client learns nothing else. */
export function broken(response: ServerResponse): void {
  fail(response, 500, { message: 'something in Phoenix failed', hint: 'the log of the agent says what' });
}

function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : Number.NaN;
  return status >= 400 && status < 500 ? status : null;
}
