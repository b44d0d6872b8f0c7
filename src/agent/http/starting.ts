// What is served before the agent is there, which may take as long as its node does not answer: probes learn what is waited for, webhooks are kept as
// soon as the ledger is open, and everything else is answered with 503.

import express, { type Express, type RequestHandler } from 'express';
import type { Secret } from '../../model/secret.ts';
import type { Log } from '../../ports/log.ts';
import type { Access, AccessRules } from './access.ts';
import { answer, fail } from './answer.ts';
import { onError } from './errors.ts';
import { checkHost, withAccess } from './guard.ts';
import { type Handler, type ReceiverDeps, receiver } from './webhook/receive.ts';

/** Seconds after which a client that was told to wait asks again. */
const RETRY_AFTER_SECONDS = 5;

export interface StartingDeps {
  /** `later`: webhooks cannot be kept yet; null where this process receives none. */
  readonly receive: ReceiverDeps | 'later' | null;
  /** What is waited for, as one sentence with the remedy; only for those who may read. */
  readonly waitsFor: () => string;
  /** The page for browsers. */
  readonly page: RequestHandler;
  readonly access: AccessRules;
  readonly adminToken: Secret | null;
  readonly log: Log;
}

/** @param access of a process whose sessions cannot be read yet */
export function startingRoutes({ receive, waitsFor, page, log }: StartingDeps, access: Access): Express {
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  if (receive !== null) app.post('/webhooks', receive === 'later' ? keepsNothing : receiver(receive, access.clientKey));
  app.get('/healthz', (_request, response) => answer(response, 200, { alive: true }));
  app.get('/readyz', (request, response) => {
    const reason = access.reader(request) === null ? 'failed' : waitsFor();
    answer(response, 503, { ready: false, checks: { start: reason } });
  });
  app.use(checkHost(access), withAccess(access), (_request, response, next) => {
    response.setHeader('retry-after', String(RETRY_AFTER_SECONDS));
    next();
  });
  app.use(page);
  app.use((request, response) => {
    const hint = access.reader(request) === null ? 'try again' : `it waits for ${waitsFor()}`;
    fail(response, 503, { message: 'Phoenix is starting', hint });
  });
  app.use(onError(log));
  return app;
}

/** The forge shows the delivery as failed; the agent compares the branch when it starts, and asks for what was lost. */
const keepsNothing: Handler = async (_request, response) => {
  response.setHeader('connection', 'close');
  fail(response, 503, { message: 'Phoenix is starting, and cannot keep a delivery yet', hint: 'deliver it again' });
};
