// The door: one HTTP server for webhooks, the API, the pages, readiness and metrics. The webhook route stands first, before anything
// that could read its body or cost it time.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Log } from '../../ports.ts';
import { Refused } from '../refused.ts';
import { answer, fail } from './answer.ts';
import { type ApiParts, apiRoutes } from './api.ts';
import { answerInTime } from './in-time.ts';
import { limitSuspects } from './limit.ts';
import { BadRequest } from './requests.ts';
import { type ReceiverParts, receiver } from './webhook/receive.ts';

/** Wrong signatures per minute and address; a forge with a wrong secret stays below. */
const WRONG_SIGNATURES_PER_MINUTE = 600;
/** For a whole request to arrive. */
const REQUEST_MS = 60_000;
/** For what only reads. */
const READ_MS = 10_000;
/** For requests that are being answered when the door closes. */
const CLOSE_MS = 5_000;
const SWEEP_MS = 20;

export interface Readiness {
  readonly ready: boolean;
  /** What was looked at: `ok`, or why not. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface DoorParts {
  /** Null where this process does not receive: the route is not there. */
  readonly receive: ReceiverParts | null;
  /** Null where this process shows nothing. */
  readonly api: Omit<ApiParts, 'closing'> | null;
  /** What people look at with a browser; null where this process shows nothing. */
  readonly pages: RequestHandler | null;
  readonly ready: () => Promise<Readiness>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly log: Log;
}

export interface Door {
  /** Where it listens, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no new requests, ends event streams, lets the others finish. */
  close(): Promise<void>;
}

/** @throws when the address is taken or not ours */
export async function openDoor(
  parts: DoorParts,
  listen: { readonly host: string; readonly port: number },
): Promise<Door> {
  const closing = new AbortController();
  const server = createServer({ requestTimeout: REQUEST_MS }, routes(parts, closing.signal));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(listen.port, listen.host, resolve);
  await promise;
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    async close() {
      closing.abort();
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      // Connections that are kept open for a next request, also those that become idle only now.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      const patience = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearTimeout(patience);
      clearInterval(sweep);
    },
  };
}

function routes({ receive, api, pages, ready, metrics, log }: DoorParts, closing: AbortSignal): Express {
  const door = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  if (receive !== null) door.post('/webhooks', limitSuspects(WRONG_SIGNATURES_PER_MINUTE), receiver(receive));
  door.use(answerInTime(READ_MS));
  door.get('/healthz', (_request, response) => answer(response, 200, { alive: true }));
  door.get('/readyz', async (_request, response) => {
    const readiness = await ready();
    answer(response, readiness.ready ? 200 : 503, readiness);
  });
  door.get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics();
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
  });
  if (api !== null) door.use('/api', apiRoutes({ ...api, closing }));
  if (pages !== null) door.use(pages);
  door.use((request, response) => {
    fail(response, 404, {
      message: `there is no ${request.method} ${request.path}`,
      hint: 'GET /api names the routes',
    });
  });
  door.use(onError(log));
  return door;
}

/** The HTTP edge: the one place where an exception becomes an answer. */
function onError(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      response.end();
    } else if (error instanceof BadRequest) {
      return fail(response, 400, { message: error.message, hint: 'see the contract of the HTTP API' });
    } else if (error instanceof Refused) {
      return fail(response, 409, { message: error.message, hint: 'nothing was done' });
    } else if (statusOf(error) !== null) {
      // What express and its parsers say of a request that they cannot read.
      const status = statusOf(error) ?? 400;
      return fail(response, status, {
        message: 'the request cannot be read',
        hint: 'send JSON, and percent-encode the path',
      });
    } else {
      fail(response, 500, { message: 'something in Phoenix failed', hint: 'the log of the agent says what' });
    }
    log.error(`${request.method} ${request.path} failed`, { error });
  };
}

function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : Number.NaN;
  return status >= 400 && status < 500 ? status : null;
}
