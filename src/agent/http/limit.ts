// How often an address may be turned away before it is no longer listened to. What succeeds never counts, so no burst of a
// forge is slowed down; guessing a secret or filling the memory is.

import type { RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { fail } from './answer.ts';

const WINDOW_MS = 60_000;
/** What the sender did wrong; trouble of ours (503) is not held against it. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 413]);

/** @param most refusals per minute and address, requests still being answered included */
export function limitRefusals(most: number): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: most,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request: unknown, response: Response) => !REFUSALS.has(response.statusCode),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Behind a proxy every sender shares its address: the limit is then one for all, which is meant.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request, response) => {
      fail(response, 429, { message: 'too many refused requests from this address', hint: 'try again in a minute' });
    },
  });
}
