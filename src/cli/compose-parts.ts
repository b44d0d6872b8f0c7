// Parts of an agent that the settings choose, each with what a person can do where it cannot be opened. What only some agents need is loaded
// when one does.

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type HttpServer, startHttpServer } from '../agent/http/server.ts';
import type { StartingDeps } from '../agent/http/starting.ts';
import type { ReceiverDeps } from '../agent/http/webhook/receive.ts';
import { limitsOf } from '../io/git/remote/http.ts';
import type { RepositoryOptions } from '../io/git/repository.ts';
import type { Connection } from '../io/ledger/connect.ts';
import type { QueueBoard, QueueBoardOptions } from '../io/queue-board.ts';
import { READING } from '../load/reading.ts';
import type { Clock } from '../ports/clock.ts';
import type { Forge } from '../ports/forge.ts';
import type { Log } from '../ports/log.ts';
import type { Signatures } from '../ports/signatures.ts';
import { NO_TRACES, type Tracer } from '../ports/tracing.ts';
import type { Settings } from '../settings.ts';
import type { ShowQueues } from '../web/queues.ts';
import { openStartingPage } from '../web/starting.ts';
import type { KnownNode } from './data-folder.ts';
import { Missing } from './missing.ts';
import type { HostDeps } from './rehearse/open-host.ts';
import { phoenixVersion } from './version.ts';

/** Closes something that was opened. */
export type Closer = () => Promise<void> | void;

/** The interval of requests to an unreachable node whose name is not known yet. */
const ASK_NODE_AGAIN_MS = 5_000;

/** Loads and connects the board of the queues on first use. */
export function queuesOf(connect: () => Connection, options: QueueBoardOptions, opened: Closer[]): ShowQueues {
  let board: Promise<QueueBoard> | undefined;
  const open = async () => {
    const { openQueueBoard } = await import('../io/queue-board.ts');
    const made = openQueueBoard(connect(), options);
    opened.push(made.close);
    return made;
  };
  return async (...asked) => {
    board ??= open();
    (await board).answer(...asked);
  };
}

/** Of the public address, below which a proxy shows Phoenix. */
export function pathOf({ publicUrl }: Settings): string {
  return publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
}

/**
 * Continues with the last known name of an unreachable node, or waits for the node. Rejects when it is stopped.
 *
 * @param waits called with the reason whenever the node did not answer
 */
export function waitForNode(
  known: KnownNode | null,
  { log, waits, stop }: { readonly log: Log; readonly waits: (why: string) => void; readonly stop?: AbortSignal },
): NonNullable<HostDeps['away']> {
  let warned = false;
  return async ({ message }) => {
    waits(message);
    const node = (await known?.read()) ?? null;
    if (!warned) log.warn('the node does not answer: it is waited for', { node, reason: message });
    warned = true;
    if (node === null) await pause(ASK_NODE_AGAIN_MS, undefined, stop === undefined ? {} : { signal: stop });
    return node;
  };
}

export interface StartingServer {
  readonly server: HttpServer;
  /** Says what is waited for, as one sentence with the remedy. */
  waitFor(what: string): void;
  /** From now on webhooks are kept. Null: this process receives none. */
  receiveBy(receive: ReceiverDeps | null): void;
}

/** Listens before anything else is there, and says what the start waits for: first for Redis. */
export async function startServer(
  settings: Settings,
  { receives, log }: { readonly receives: boolean; readonly log: Log },
): Promise<StartingServer> {
  let what = 'Redis, which may be starting too';
  const starting: StartingDeps = {
    receive: receives ? 'later' : null,
    waitsFor: () => what,
    page: openStartingPage(() => what),
    access: settings,
    adminToken: settings.adminToken,
    log,
  };
  const server = await openHttpServer(settings, starting);
  log.info(`answers on ${server.url} and is not ready yet`);
  return {
    server,
    waitFor(next) {
      what = next;
    },
    receiveBy: (receive) => server.serve({ ...starting, receive }),
  };
}

async function openHttpServer({ listen }: Settings, parts: StartingDeps): Promise<HttpServer> {
  try {
    return await startHttpServer(parts, listen);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Missing(
      `cannot listen on ${listen.host}:${listen.port}: ${reason}`,
      'set PHOENIX_LISTEN to a free address',
      { cause },
    );
  }
}

/**
 * Does work that needs Redis or another essential part all the time: it ends with the part.
 *
 * @param lost resolves when the part is lost
 * @param work ends when its signal is aborted
 * @param stop aborted when the work has to end for another reason
 * @throws the reason of the loss
 */
export async function unlessLost<T>(
  lost: Promise<Error>,
  work: (stop: AbortSignal) => Promise<T>,
  stop: AbortSignal = new AbortController().signal,
): Promise<T> {
  const ended = new AbortController();
  const failed = lost.then((error) => Promise.reject(error));
  try {
    return await Promise.race([work(AbortSignal.any([stop, ended.signal])), failed]);
  } finally {
    ended.abort();
  }
}

/** What reads keys is loaded where there are some. */
export async function signaturesOf({ signingKeys }: Settings, clock: Clock): Promise<Signatures | null> {
  if (signingKeys === null) return null;
  const { openSignatures } = await import('../io/signatures/signatures.ts');
  try {
    return await openSignatures(signingKeys, { clock });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Missing(`PHOENIX_SIGNING_KEYS: ${reason}`, 'export it again: gpg --armor --export KEY', { cause });
  }
}

/** OpenTelemetry is loaded where a collector is set. */
export async function tracerOf({ traces, installation }: Settings, log: Log): Promise<Tracer> {
  if (traces === null) return NO_TRACES;
  const { openTracer } = await import('../io/trace.ts');
  const { endpoint, service } = traces;
  const headers = Object.fromEntries(Object.entries(traces.headers).map(([name, value]) => [name, value.expose()]));
  return openTracer({ endpoint, headers, service, version: phoenixVersion(), installation, log });
}

export function repositoryOptionsOf(
  settings: Settings,
  { forge, log }: { readonly forge: Forge | null; readonly log: Log },
): RepositoryOptions {
  return {
    url: settings.repositoryUrl,
    branch: settings.branch,
    folder: join(settings.dataDir, 'repository'),
    log,
    limits: limitsOf(settings.maxPackMb),
    ...READING,
    ...tokenOf(settings, forge),
    ...(settings.configRoot === null ? {} : { root: settings.configRoot }),
  };
}

/** What the forge is spoken to with fetches too, also where none is set; a login in the repository's address goes first. */
export function tokenOf(
  { repositoryLogin, forge: { token } }: Pick<Settings, 'repositoryLogin' | 'forge'>,
  forge: Forge | null,
): Pick<RepositoryOptions, 'token'> {
  if (repositoryLogin !== null) return { token: repositoryLogin.password.expose() };
  if (forge !== null) return { token: forge.token };
  return token === null ? {} : { token: token.expose() };
}
