// The real HTTP server over a real ledger, for tests that send requests. Only the agent behind it is replaced: by a record of its calls.

import { createHmac } from 'node:crypto';
import type { Agent, ChannelInUse, KnownTarget } from '../../src/agent/deps.ts';
import { type Changes, watchChanges } from '../../src/agent/http/changes.ts';
import { type HttpServer, type HttpServerDeps, startHttpServer } from '../../src/agent/http/server.ts';
import type { DeliveryEnd } from '../../src/agent/http/webhook/receive.ts';
import { Refused } from '../../src/agent/refused.ts';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openLedger } from '../../src/io/ledger/ledger.ts';
import type { RunId } from '../../src/model/ids.ts';
import { secret } from '../../src/model/secret.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { openPages } from '../../src/web/pages.ts';

export const WEBHOOK_SECRET = 'the secret of the webhook';
/** The one before it, which the forge may still sign with. */
export const WEBHOOK_SECRET_BEFORE = 'the secret before that of the webhook';
export const ADMIN_TOKEN = 'the-token-of-the-admin';

export interface TestServer {
  readonly url: string;
  readonly ledger: Ledger;
  readonly ends: DeliveryEnd[];
  readonly logged: string[];
  /** Calls of the agent: the operation and its arguments. */
  readonly asked: unknown[][];
  /** The declared targets that the agent reports. */
  readonly known: KnownTarget[];
  /** Its other views; may be set. */
  readonly seen: { -readonly [View in keyof typeof NOTHING_SEEN]?: Agent[View] };
  /** How often the agent was told that the branch may have moved. */
  readonly told: () => number;
  close(): Promise<void>;
}

export async function openTestServer(
  redisUrl: string,
  overrides: Partial<HttpServerDeps> = {},
  port = 0,
  sentAs: 'json' | 'form' = 'json',
  { clock = { now: () => new Date() }, adminToken = ADMIN_TOKEN }: { clock?: Clock; adminToken?: string } = {},
): Promise<TestServer> {
  const ledger = openLedger(
    connectRedis(redisUrl, () => {}),
    { clock },
  );
  const changes: Changes = await watchChanges(ledger);
  const ends: DeliveryEnd[] = [];
  const logged: string[] = [];
  const asked: unknown[][] = [];
  const known: KnownTarget[] = [];
  let told = 0;
  const note = (text: string, fields?: Record<string, unknown>) => {
    logged.push(`${text} ${fields?.['error'] ?? ''}`);
  };
  const log = { info: note, warn: note, error: note };
  const seen: TestServer['seen'] = {};
  const agent = recordingAgent(asked, known, seen);
  const server: HttpServer = await startHttpServer(
    {
      receive: {
        secrets: [secret(WEBHOOK_SECRET), secret(WEBHOOK_SECRET_BEFORE)],
        branch: 'main',
        sentAs,
        follows: async (repository) => repository === 'team/environment',
        record: (delivery) => ledger.recordDelivery(delivery),
        recorded: async () => {
          told += 1;
        },
        ended: (end) => ends.push(end),
        refused: (why) => logged.push(`webhooks refused: ${why}`),
        unsigned: ({ why }) => logged.push(`webhooks refused: ${why}`),
        log,
        clock,
      },
      api: { ledger, agent, changes, clock, adminToken: secret(adminToken) },
      pages: openPages({ ledger, agent, log, clock, forge: null }),
      ready: async () => ({ ready: true, checks: {} }),
      metrics: async () => ({ contentType: 'text/plain', text: 'phoenix 1\n' }),
      log,
      ...overrides,
    },
    { host: '127.0.0.1', port },
  );
  return {
    url: server.url,
    ledger,
    ends,
    logged,
    asked,
    known,
    seen,
    told: () => told,
    async close() {
      await server.close();
      await changes.close();
      await ledger.close();
    },
  };
}

/** What an agent shows before it followed anything. */
const NOTHING_SEEN: Pick<
  Agent,
  'known' | 'orphans' | 'faults' | 'environment' | 'declaration' | 'certificates' | 'commits' | 'root'
> = {
  known: async () => [],
  orphans: async () => [],
  faults: async () => [],
  environment: async () => null,
  declaration: async () => null,
  certificates: async () => [],
  commits: async () => new Map(),
  root: async () => '',
};

const CHANNEL: ChannelInUse = {
  name: 'ops',
  service: 'slack',
  events: ['failure'],
  waiting: 2,
  failing: { since: '2026-01-02T03:04:05.000Z', why: 'chat.example.internal answered 500' },
};

export function recordingAgent(asked: unknown[][], known: readonly KnownTarget[], seen: TestServer['seen']): Agent {
  const record = (name: string) => {
    return async (...args: unknown[]): Promise<RunId> => {
      asked.push([name, ...args]);
      return '7' as RunId;
    };
  };
  return {
    delivered: async () => {},
    async replay(request) {
      if (request.commit === 'unknown') throw new Refused('there is no commit unknown on main; fetch and look again');
      if (request.commit === 'surprise') throw new Error('a surprise with the password hunter2');
      return record('replay')(request);
    },
    async approve(...args) {
      await record('approve')(...args);
    },
    freeze: record('freeze'),
    unfreeze: record('unfreeze'),
    drift: record('drift'),
    command: record('command'),
    known: () => (seen.known ?? (async () => known))(),
    orphans: () => (seen.orphans ?? NOTHING_SEEN.orphans)(),
    faults: () => (seen.faults ?? NOTHING_SEEN.faults)(),
    environment: () => (seen.environment ?? NOTHING_SEEN.environment)(),
    declaration: (target) => (seen.declaration ?? NOTHING_SEEN.declaration)(target),
    certificates: () => (seen.certificates ?? NOTHING_SEEN.certificates)(),
    channelsInUse: async () => [CHANNEL],
    async testChannels(name) {
      if (name === 'unknown') throw new Refused('there is no channel unknown; there are ops');
      asked.push(['testChannels', name]);
      return [
        { channel: 'ops', answer: { sent: false, why: 'chat.example.internal answered 500', retryAfterSeconds: 5 } },
      ];
    },
    root: (commit) => (seen.root ?? NOTHING_SEEN.root)(commit),
    commits: (wanted) => (seen.commits ?? NOTHING_SEEN.commits)(wanted),
    stop: async () => {},
  };
}

export function sign(body: string | Buffer, key = WEBHOOK_SECRET): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}

export const COMMIT = 'a'.repeat(40);

/** The fields of GitHub's push payload that matter, and a few that do not. */
export function pushPayload(changed: Record<string, unknown> = {}) {
  return {
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: COMMIT,
    deleted: false,
    repository: { full_name: 'team/environment', clone_url: 'https://git.example.internal/team/environment.git' },
    pusher: { name: 'ada', email: 'ada@example.internal' },
    commits: [],
    ...changed,
  };
}
