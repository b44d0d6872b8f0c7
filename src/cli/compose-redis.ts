// The Redis of an agent: the one that the settings name, or a private one; its connections, and the wait until it answers.

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Connection, connectRedis, mayAskInfo } from '../io/ledger/connect.ts';
import { isSilence, mayPass, redisFault } from '../io/ledger/redis-fault.ts';
import { startRedis } from '../io/redis-server.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Settings } from '../settings.ts';
import type { Closer } from './compose-parts.ts';
import { Missing } from './missing.ts';

/** For a Redis that is started at the same time as Phoenix. */
const REDIS_WITHIN_MS = 10_000;
const TRY_AGAIN_MS = 50;

type RedisSettings = Pick<Settings, 'redisUrl' | 'dataDir'>;

export interface AgentRedis {
  connect(): Connection;
  /** Resolves once the server answers; fails at once when it refuses, and after ten seconds of silence. */
  answers(ledger: Ledger): Promise<void>;
}

/**
 * @param opened gets what stops a private server
 * @param lost called when a private server cannot be kept running
 */
export async function openRedis(
  settings: RedisSettings,
  opened: Closer[],
  { log, lost }: { readonly log: Log; readonly lost: (error: Error) => void },
): Promise<AgentRedis> {
  const url = await redisOf(settings, opened, { log, lost });
  let lastError: Error | null = null;
  const outage = logOutages(log, settings.redisUrl === null ? null : url);
  const asksInfo = await mayAskInfo(url);
  function connect(): Connection {
    let isReady = false;
    const onError = (error: Error) => {
      lastError = error;
      // That a connection broke says nothing of why: the next attempt does.
      const broke = isReady && 'syscall' in error && error.syscall !== 'connect';
      isReady = false;
      if (!broke) outage.goesOn(error);
    };
    return connectRedis(url, onError, { asksInfo }).on('ready', () => {
      isReady = true;
      outage.isOver();
    });
  }
  return {
    connect,
    answers: (ledger) => waitForRedis(ledger, settings, () => lastError),
  };
}

/** The address of the configured Redis, or of a private one that is started here. */
async function redisOf(
  { redisUrl, dataDir }: RedisSettings,
  opened: Closer[],
  { log, lost }: { readonly log: Log; readonly lost: (error: Error) => void },
): Promise<string> {
  if (redisUrl !== null) return redisUrl.expose();
  const ended = (reason: string) => log.warn('the private redis-server ended; it is started again', { reason });
  const full = (reason: string) =>
    log.error('the disk is full: the private redis-server is started again when there is room', { reason });
  const server = await startRedis(join(dataDir, 'redis'), { ended, full, lost });
  opened.push(server.stop);
  return server.url;
}

/** Waits for a server that is still starting; fails at once when it refuses. @param lastError the last error of its connections */
async function waitForRedis(ledger: Ledger, { redisUrl }: RedisSettings, lastError: () => Error | null): Promise<void> {
  const deadline = performance.now() + REDIS_WITHIN_MS;
  for (;;) {
    try {
      await ledger.ping();
      return await ledger.checkRights();
    } catch (cause) {
      const known = lastError();
      const error = known !== null && !mayPass(known) ? known : cause;
      // The connection has the reason why a server does not answer.
      const reason = isSilence(error) && known !== null ? known : error;
      if (!mayPass(error) || performance.now() >= deadline) throw unusable(reason, mayPass(error), redisUrl, error);
      await pause(TRY_AGAIN_MS);
    }
  }
}

/** @param mayStart whether the server may only not be there, so that a private one would do */
function unusable(reason: unknown, mayStart: boolean, redisUrl: Settings['redisUrl'], cause: unknown): Missing {
  const { what, remedy } = redisFault(reason, redisUrl?.expose());
  const where = redisUrl === null ? 'the private Redis' : 'the Redis of REDIS_URL';
  const privately = redisUrl === null || !mayStart ? '' : '; without REDIS_URL a private one is started';
  return new Missing(`${where} cannot be used: ${what}`, `${remedy}${privately}`, { cause });
}

/** One line per outage and reason, not one per attempt. @param url null for a private server, which is started again without a person */
function logOutages(log: Log, url: string | null): { goesOn(error: Error): void; isOver(): void } {
  let last: string | null = null;
  return {
    goesOn(error) {
      const { what, remedy } = redisFault(error, url ?? '');
      if (what === last) return;
      last = what;
      log.warn('Redis cannot be reached; trying again', { error: what, ...(url === null ? {} : { hint: remedy }) });
    },
    isOver() {
      last = null;
    },
  };
}
