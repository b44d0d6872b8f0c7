// An agent with real dependencies, for the harness and for the process that tests kill.

import { startAgent } from '../../../src/agent/agent.ts';
import type { Agent, AgentOptions, Managers } from '../../../src/agent/deps.ts';
import { openForge } from '../../../src/io/forge/forge.ts';
import { HTTP_LIMITS } from '../../../src/io/git/remote/http.ts';
import { openRepository } from '../../../src/io/git/repository.ts';
import { connectRedis } from '../../../src/io/ledger/connect.ts';
import { openLedger } from '../../../src/io/ledger/ledger.ts';
import { openQueue } from '../../../src/io/queue/queue.ts';
import { READING } from '../../../src/load/reading.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { Channel } from '../../../src/ports/notifications.ts';
import type { Repository } from '../../../src/ports/repository.ts';
import type { Signatures } from '../../../src/ports/signatures.ts';
import { NO_TRACES, type Tracer } from '../../../src/ports/tracing.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { inThisThread } from '../git/in-this-thread.ts';

export interface Surroundings {
  readonly redisUrl: string;
  readonly cloneFolder: string;
  readonly repositoryUrl: string;
  readonly forgeUrl: string;
  readonly forgeRepository: string;
  readonly token: string;
  readonly forgeKind: 'github' | 'gitea' | 'gitlab';
  /** Private key of the agent's App, PEM; null: it uses a token. */
  readonly appKey: string | null;
}

/** The id of the App. */
export const APP_ID = 4242;

export const clock = { now: () => new Date() };

/** Prints warnings and errors with `PHOENIX_TEST_LOG=1` only: tests of failures would fill the screen. */
export const testLog: Log = {
  info() {},
  warn: (text, fields) => print('warn', text, fields),
  error: (text, fields) => print('error', text, fields),
};

function print(level: string, text: string, fields: unknown): void {
  if (process.env['PHOENIX_TEST_LOG'] === '1') console.error(level, text, fields);
}

export function openTestLedger(redisUrl: string): Ledger {
  return openLedger(
    connectRedis(redisUrl, () => {}),
    { clock },
  );
}

/** A host that reads the repository, for files that it copies to guests. */
export type HostOf = (repository: Repository) => Host;

export async function startTestAgent(
  around: Surroundings,
  hostOf: HostOf,
  managers: Managers,
  changes: {
    readonly options?: Partial<AgentOptions>;
    readonly ledger?: (ledger: Ledger) => Ledger;
    readonly clock?: Clock;
    readonly forgeTimeoutMs?: number;
    /** Maximum bytes of one fetch. */
    readonly maxPackBytes?: number;
    readonly signatures?: Signatures | null;
    readonly log?: Log;
    readonly tracer?: Tracer;
    /** Default: none. */
    readonly channels?: readonly Channel[];
  } = {},
): Promise<Agent> {
  const { ledger = (same: Ledger) => same } = changes;
  const forge = openForge({
    kind: around.forgeKind,
    api: around.forgeUrl,
    login:
      around.appKey === null
        ? { as: 'token', token: () => around.token }
        : { as: 'app', id: String(APP_ID), key: around.appKey },
    repository: around.forgeRepository,
    branch: 'main',
    ...(changes.forgeTimeoutMs === undefined ? {} : { timeoutMs: changes.forgeTimeoutMs }),
  });
  const repository = openRepository(
    {
      url: around.repositoryUrl,
      branch: 'main',
      token: forge?.token ?? around.token,
      folder: around.cloneFolder,
      log: testLog,
      ...READING,
      ...(changes.maxPackBytes === undefined ? {} : { limits: { ...HTTP_LIMITS, maxBytes: changes.maxPackBytes } }),
    },
    inThisThread,
  );
  const host = hostOf(repository);
  const agent = await startAgent({
    ledger: ledger(openTestLedger(around.redisUrl)),
    queue: openQueue(
      connectRedis(around.redisUrl, () => {}),
      { log: testLog, reportPauseMs: 10 },
    ),
    repository,
    signatures: changes.signatures ?? null,
    host,
    managers,
    forge,
    channels: changes.channels ?? [],
    log: changes.log ?? testLog,
    clock: changes.clock ?? clock,
    tracer: changes.tracer ?? NO_TRACES,
    options: {
      version: '0.0.0-test',
      roles: ['reconcile', 'apply', 'report'],
      repositoryUrl: around.repositoryUrl,
      branch: 'main',
      node: host.node,
      publicUrl: null,
      pollSeconds: 3600,
      driftSeconds: null,
      renewSeconds: null,
      reading: { strictSecrets: false, secrets: DEFAULT_BOUNDS },
      planForks: false,
      concurrency: 4,
      leaseSeconds: 30,
      retryMs: 100,
      ...changes.options,
    },
  });
  return {
    ...agent,
    async stop(graceSeconds) {
      await agent.stop(graceSeconds);
      await repository.close();
    },
  };
}
