// The HTTP server for webhooks, the API, the pages, readiness and metrics. The webhook route is first, before anything that could read its body or
// cost it time.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type RequestHandler } from 'express';
import type { Secret } from '../../model/secret.ts';
import type { ForgeSignIn } from '../../ports/forge-sign-in.ts';
import type { Log } from '../../ports/log.ts';
import { type Access, type AccessRules, openAccess, STRICTEST } from './access.ts';
import { answer, fail } from './answer.ts';
import { type ApiDeps, apiRoutes } from './api.ts';
import { broken, onError } from './errors.ts';
import { checkHost, mayRead, recognise, withAccess } from './guard.ts';
import { answerInTime } from './in-time.ts';
import { orNull } from './outside.ts';
import { type StartingDeps, startingRoutes } from './starting.ts';
import { type Handler, type ReceiverDeps, receiver } from './webhook/receive.ts';

/** Time limit for a whole request to arrive; below, for its headers. */
const REQUEST_MS = 60_000;
const HEADERS_MS = 15_000;
/** Time limit of read requests. */
const READ_MS = 10_000;
/** Time for running requests when the server closes. */
const CLOSE_MS = 5_000;
const SWEEP_MS = 20;
const WEBHOOKS = '/webhooks';
const SYSTEM_CLOCK = { now: () => new Date() };

export interface Readiness {
  readonly ready: boolean;
  /** The result of each check: `ok`, or why not. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface HttpServerDeps {
  /** Null where this process does not receive webhooks: then there is no such route. */
  readonly receive: ReceiverDeps | null;
  /** Null where this process serves no API. */
  readonly api: Omit<ApiDeps, 'closing'> | null;
  /** The pages for browsers; null where this process serves none. */
  readonly pages: RequestHandler | null;
  readonly ready: () => Promise<Readiness>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly log: Log;
  /** Access rules. Absent: only the local machine. */
  readonly access?: AccessRules;
  /** Sign-in by the forge, beside the admin token; absent: none. */
  readonly forge?: ForgeSignIn | null;
  /** The token for metrics where there is no API. */
  readonly adminToken?: Secret | null;
}

export interface HttpServer {
  /** URL that it listens on, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Serves these parts to further requests. */
  serve(parts: HttpServerDeps | StartingDeps): void;
  /** Accepts no new requests, ends event streams, and lets other requests finish. */
  close(): Promise<void>;
}

/** @throws when the address is in use or not one of this machine's */
export async function startHttpServer(
  parts: HttpServerDeps | StartingDeps,
  listen: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const closing = new AbortController();
  const handlerOf = (deps: HttpServerDeps | StartingDeps): RequestListener =>
    'waitsFor' in deps
      ? startingRoutes(deps, accessWhileStarting(deps, listen.host))
      : routes(deps, accessTo(deps, listen.host), closing.signal);
  let handle = handlerOf(parts);
  const timeouts = { requestTimeout: REQUEST_MS, headersTimeout: HEADERS_MS };
  const server = createServer(timeouts, (request, response) => handle(request, response));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(listen.port, listen.host, resolve);
  await promise;
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    serve(next) {
      handle = handlerOf(next);
    },
    async close() {
      closing.abort();
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      // Keep-alive connections, also those that become idle only now.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      const patience = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearTimeout(patience);
      clearInterval(sweep);
    },
  };
}

function accessTo(parts: HttpServerDeps, listen: string): Access {
  return openAccess({
    adminToken: parts.api?.adminToken ?? parts.adminToken ?? null,
    rules: parts.access ?? STRICTEST,
    listen,
    people: parts.api?.ledger ?? null,
    forge: parts.forge ?? null,
    clock: parts.api?.clock ?? SYSTEM_CLOCK,
  });
}

/** Without sessions, which are in the ledger: from another machine only the admin token reads, or everybody where a proxy signs people in. */
function accessWhileStarting({ access, adminToken }: StartingDeps, listen: string): Access {
  return openAccess({ adminToken, rules: access, listen, people: null, forge: null, clock: SYSTEM_CLOCK });
}

/** Webhook deliveries bypass the router: they are most of a receiver's work, and this saves nine tenths of their time. */
function routes(parts: HttpServerDeps, access: Access, closing: AbortSignal): RequestListener {
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

type RouterDeps = Omit<HttpServerDeps, 'receive'> & { readonly receive: Handler | null };

function router(parts: RouterDeps, access: Access, closing: AbortSignal): Express {
  const { receive, api, pages, ready, metrics, log } = parts;
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  // A forge may use an internal host name, and is authenticated by its signature; probes call by address, and get little information.
  if (receive !== null) app.post(WEBHOOKS, receive);
  app.use(answerInTime(READ_MS));
  app.get('/healthz', (_request, response) => answer(response, 200, { alive: true }));
  app.get('/readyz', async (request, response) => {
    // While Redis is unreachable nobody can be recognised, and the answer says so.
    const [readiness] = await Promise.all([ready(), orNull(access.recognise(request))]);
    const shown = access.reader(request) === null ? withoutReasons(readiness) : readiness;
    answer(response, readiness.ready ? 200 : 503, shown);
  });
  app.use(checkHost(access), withAccess(access), recognise(access));
  app.get('/metrics', mayRead(access), async (_request, response) => {
    const { contentType, text } = await metrics();
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
  });
  if (api !== null) app.use('/api', apiRoutes({ ...api, closing }, access));
  if (pages !== null) app.use(pages);
  app.use((request, response) => {
    fail(response, 404, {
      message: `there is no ${request.method} ${request.path}`,
      hint: 'GET /api names the routes',
    });
  });
  app.use(onError(log));
  return app;
}

/** For unauthenticated clients: reasons contain addresses and responses. */
function withoutReasons({ ready, checks }: Readiness): Readiness {
  const states = Object.entries(checks).map(([name, state]) => [name, state === 'ok' ? state : 'failed']);
  return { ready, checks: Object.fromEntries(states) };
}
