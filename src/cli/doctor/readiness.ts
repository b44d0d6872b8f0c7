// The checks of `/readyz`: Redis, workers and repository. The repository is fetched at most twice a minute.

import { SERVED_MS } from '../../agent/heartbeat.ts';
import type { Readiness } from '../../agent/http/server.ts';
import { isDue } from '../../model/not-before.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Repository } from '../../ports/repository.ts';

const REPOSITORY_EVERY_MS = 30_000;
const REPOSITORY_WITHIN_MS = 8_000;
const WORKERS_WITHIN_MS = 2_000;

export interface ReadinessDeps {
  readonly ledger: Pick<Ledger, 'ping' | 'served'>;
  /** Roles that must be served by any process; absent: not checked. */
  readonly roles?: readonly string[];
  readonly repository: Pick<Repository, 'fetch'>;
  readonly clock: Clock;
}

/** A repository without the branch counts as reachable: the first push creates it. */
export function readiness({ ledger, roles = [], repository, clock }: ReadinessDeps): () => Promise<Readiness> {
  let lastFetch = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve('') };
  const fetch = () => answerOf(withTimeout(REPOSITORY_WITHIN_MS, repository.fetch()));
  return async () => {
    const now = clock.now().getTime();
    if (isDue(lastFetch.at + REPOSITORY_EVERY_MS, now, REPOSITORY_EVERY_MS)) lastFetch = { at: now, answer: fetch() };
    const [redis, workers, repositoryAnswer] = await Promise.all([
      answerOf(ledger.ping()),
      answerOf(withTimeout(WORKERS_WITHIN_MS, allServed(ledger, roles))),
      lastFetch.answer,
    ]);
    // Failures are not cached.
    if (repositoryAnswer !== OK) lastFetch = { ...lastFetch, at: Number.NEGATIVE_INFINITY };
    const checks = { redis, ...(roles.length === 0 ? {} : { workers }), repository: repositoryAnswer };
    return { ready: Object.values(checks).every((answer) => answer === OK), checks };
  };
}

const OK = 'ok';

async function allServed(ledger: Pick<Ledger, 'served'>, roles: readonly string[]): Promise<void> {
  const served = await ledger.served(roles, SERVED_MS);
  const missing = roles.filter((role) => !served.includes(role));
  if (missing.length === 0) return;
  throw new Error(`no process serves ${missing.join(', ')}; start one with phoenix serve --roles ${missing.join(',')}`);
}

async function answerOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return OK;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function withTimeout(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
