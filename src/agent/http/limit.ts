// How often an address may be turned away before it is no longer listened to. What succeeds never counts, so no burst of a
// forge is slowed down; guessing a secret or filling the memory is.

import type { RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { fail } from './answer.ts';

const WINDOW_MS = 60_000;
/** Bounds the memory that a flood from many addresses can take. */
const MOST_SUSPECTS = 10_000;
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

/**
 * The same limit at no cost for senders that were never turned away: an address is counted from its first refusal on.
 *
 * @param most refusals per minute and address
 */
export function limitSuspects(most: number): RequestHandler {
  const limit = limitRefusals(most);
  const suspects = new Set<string>();
  return (request, response, next) => {
    const address = request.socket.remoteAddress ?? '';
    if (suspects.has(address)) return limit(request, response, next);
    response.once('finish', () => {
      if (!REFUSALS.has(response.statusCode)) return;
      if (suspects.size >= MOST_SUSPECTS) suspects.clear();
      suspects.add(address);
    });
    next();
  };
}
