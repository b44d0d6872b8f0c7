// Whether the agent has what it needs: asked by readyz often, so the repository is looked at only now and then.

import { SERVED_MS } from '../../agent/heartbeat.ts';
import type { Readiness } from '../../agent/http/server.ts';
import { isDue } from '../../model/not-before.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Clock, Repository } from '../../ports.ts';

const REPOSITORY_EVERY_MS = 30_000;
const REPOSITORY_WITHIN_MS = 8_000;
const WORKERS_WITHIN_MS = 2_000;

export interface ReadinessDeps {
  readonly ledger: Pick<Ledger, 'ping' | 'served'>;
  /** Which work some process has to serve, this one or another; absent: it is not looked at. */
  readonly works?: readonly string[];
  readonly repository: Pick<Repository, 'fetch'>;
  readonly clock: Clock;
}

/** A repository without the branch counts as there: the first push makes it. */
export function readiness({ ledger, works = [], repository, clock }: ReadinessDeps): () => Promise<Readiness> {
  let looked = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve('') };
  const look = () => answerOf(within(REPOSITORY_WITHIN_MS, repository.fetch()));
  return async () => {
    const now = clock.now().getTime();
    if (isDue(looked.at + REPOSITORY_EVERY_MS, now, REPOSITORY_EVERY_MS)) looked = { at: now, answer: look() };
    const [redis, workers, repositoryAnswer] = await Promise.all([
      answerOf(ledger.ping()),
      answerOf(within(WORKERS_WITHIN_MS, allServed(ledger, works))),
      looked.answer,
    ]);
    // What failed is looked at again the next time.
    if (repositoryAnswer !== OK) looked = { ...looked, at: Number.NEGATIVE_INFINITY };
    const checks = { redis, ...(works.length === 0 ? {} : { workers }), repository: repositoryAnswer };
    return { ready: Object.values(checks).every((answer) => answer === OK), checks };
  };
}

const OK = 'ok';

async function allServed(ledger: Pick<Ledger, 'served'>, works: readonly string[]): Promise<void> {
  const served = await ledger.served(works, SERVED_MS);
  const missing = works.filter((work) => !served.includes(work));
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

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('it does not answer')), ms);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
