// The door: one HTTP server for webhooks, the API, the pages, readiness and metrics. The webhook route stands first, before anything
// that could read its body or cost it time.

import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Secret } from '../../model/secret.ts';
import type { ForgeSignIn } from '../../ports/forge-sign-in.ts';
import type { Log } from '../../ports/log.ts';
import { Refused } from '../refused.ts';
import { type Access, type AccessRules, openAccess, STRICTEST } from './access.ts';
import { answer, fail } from './answer.ts';
import { type ApiDeps, apiRoutes } from './api.ts';
import { checkHost, mayRead, recognise, withAccess } from './guard.ts';
import { answerInTime } from './in-time.ts';
import { orNull } from './outside.ts';
import { BadRequest } from './requests.ts';
import { type Handler, type ReceiverDeps, receiver } from './webhook/receive.ts';

/** For a whole request to arrive, and for its headers alone. */
const REQUEST_MS = 60_000;
const HEADERS_MS = 15_000;
/** For what only reads. */
const READ_MS = 10_000;
/** For requests that are being answered when the door closes. */
const CLOSE_MS = 5_000;
const SWEEP_MS = 20;
const WEBHOOKS = '/webhooks';

export interface Readiness {
  readonly ready: boolean;
  /** What was looked at: `ok`, or why not. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface DoorDeps {
  /** Null where this process does not receive: the route is not there. */
  readonly receive: ReceiverDeps | null;
  /** Null where this process shows nothing. */
  readonly api: Omit<ApiDeps, 'closing'> | null;
  /** What people look at with a browser; null where this process shows nothing. */
  readonly pages: RequestHandler | null;
  readonly ready: () => Promise<Readiness>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly log: Log;
  /** Who may come in. Without them, whoever sits at this machine alone. */
  readonly access?: AccessRules;
  /** Where people may sign in beside the admin token; absent: nowhere. */
  readonly forge?: ForgeSignIn | null;
  /** Where there is no API, what metrics are asked with. */
  readonly adminToken?: Secret | null;
}

export interface HttpServer {
  /** Where it listens, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no new requests, ends event streams, lets the others finish. */
  close(): Promise<void>;
}

/** @throws when the address is taken or not ours */
export async function startHttpServer(
  parts: DoorDeps,
  listen: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const closing = new AbortController();
  const access = openAccess({
    adminToken: parts.api?.adminToken ?? parts.adminToken ?? null,
    rules: parts.access ?? STRICTEST,
    listen: listen.host,
    people: parts.api?.ledger ?? null,
    forge: parts.forge ?? null,
    clock: parts.api?.clock ?? { now: () => new Date() },
  });
  const timeouts = { requestTimeout: REQUEST_MS, headersTimeout: HEADERS_MS };
  const server = createServer(timeouts, routes(parts, access, closing.signal));
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

/** Deliveries as forges send them go past the router: most of what a receiver does, and a tenth of its time. */
function routes(parts: DoorDeps, access: Access, closing: AbortSignal): RequestListener {
  const receive = parts.receive === null ? null : receiver(parts.receive, access.clientKey);
  const others = router({ ...parts, receive }, access, closing);
  return (request, response) => {
    if (receive === null || request.method !== 'POST' || request.url !== WEBHOOKS) return others(request, response);
    receive(request, response).catch((error) => {
      if (response.headersSent) response.end();
      else broken(response);
      parts.log.error(`POST ${WEBHOOKS} failed`, { error });
    });
  };
}

type RouterDeps = Omit<DoorDeps, 'receive'> & { readonly receive: Handler | null };

function router(parts: RouterDeps, access: Access, closing: AbortSignal): Express {
  const { receive, api, pages, ready, metrics, log } = parts;
  const door = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  // A forge may call by a name of its own network, and is known by its signature; probes call by address, and are told little.
  if (receive !== null) door.post(WEBHOOKS, receive);
  door.use(answerInTime(READ_MS));
  door.get('/healthz', (_request, response) => answer(response, 200, { alive: true }));
  door.get('/readyz', async (request, response) => {
    // Where Redis is away nobody is known, and the answer says so.
    const [readiness] = await Promise.all([ready(), orNull(access.recognise(request))]);
    const shown = access.reader(request) === null ? withoutReasons(readiness) : readiness;
    answer(response, readiness.ready ? 200 : 503, shown);
  });
  door.use(checkHost(access), withAccess(access), recognise(access));
  door.get('/metrics', mayRead(access), async (_request, response) => {
    const { contentType, text } = await metrics();
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
  });
  if (api !== null) door.use('/api', apiRoutes({ ...api, closing }, access));
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

/** For strangers: reasons name addresses and what they answered. */
function withoutReasons({ ready, checks }: Readiness): Readiness {
  const states = Object.entries(checks).map(([name, state]) => [name, state === 'ok' ? state : 'failed']);
  return { ready, checks: Object.fromEntries(states) };
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
      broken(response);
    }
    log.error(`${request.method} ${request.path} failed`, { error });
  };
}

function broken(response: ServerResponse): void {
  fail(response, 500, { message: 'something in Phoenix failed', hint: 'the log of the agent says what' });
}

function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : Number.NaN;
  return status >= 400 && status < 500 ? status : null;
}
