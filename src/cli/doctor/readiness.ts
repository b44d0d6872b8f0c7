// Whether the agent has what it needs: asked by readyz often, so the repository is looked at only now and then.

import type { Readiness } from '../../agent/http/server.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Clock, Repository } from '../../ports.ts';

const REPOSITORY_EVERY_MS = 30_000;
const REPOSITORY_WITHIN_MS = 8_000;

export interface ReadinessParts {
  readonly ledger: Pick<Ledger, 'ping'>;
  readonly repository: Pick<Repository, 'fetch'>;
  readonly clock: Clock;
}

/** A repository without the branch counts as there: the first push makes it. */
export function readiness({ ledger, repository, clock }: ReadinessParts): () => Promise<Readiness> {
  let looked = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve('') };
  const look = () => answerOf(within(REPOSITORY_WITHIN_MS, repository.fetch()));
  return async () => {
    const now = clock.now().getTime();
    if (now - looked.at > REPOSITORY_EVERY_MS) looked = { at: now, answer: look() };
    const [redis, repositoryAnswer] = await Promise.all([answerOf(ledger.ping()), looked.answer]);
    // What failed is looked at again the next time.
    if (repositoryAnswer !== OK) looked = { ...looked, at: Number.NEGATIVE_INFINITY };
    return { ready: redis === OK && repositoryAnswer === OK, checks: { redis, repository: repositoryAnswer } };
  };
}

const OK = 'ok';

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
