// All of Phoenix for a test: a forge that users push to, the HTTP server for its webhooks, the agent over a real Redis, and a host. A test pushes and
// reads the two results that users see: commit statuses, and commands on the host.

import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import type { Agent, AgentOptions, Managers } from '../../../src/agent/deps.ts';
import { watchChanges } from '../../../src/agent/http/changes.ts';
import { startHttpServer } from '../../../src/agent/http/server.ts';
import { recordTraced } from '../../../src/agent/tracing.ts';
import type { CommitSha, RunId } from '../../../src/model/ids.ts';
import type { RunState } from '../../../src/model/run.ts';
import { secret } from '../../../src/model/secret.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { Channel } from '../../../src/ports/notifications.ts';
import type { Signatures } from '../../../src/ports/signatures.ts';
import { NO_TRACES, type Tracer } from '../../../src/ports/tracing.ts';
import type { Files } from '../environment.ts';
import { type ConfigRepo, openConfigRepo } from '../git/config-repo.ts';
import { startRedis, type TestRedis } from '../redis/redis.ts';
import { until } from '../until.ts';
import { APP_ID, clock, type HostOf, openTestLedger, type Surroundings, startTestAgent, testLog } from './agent.ts';

/** Generated once: that takes longer than many tests. */
let keys: ReturnType<typeof newKeys> | undefined;
const newKeys = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
function appKeys() {
  keys ??= newKeys();
  return keys;
}

const SECRET = 'the secret of the webhook';
const TOKEN = 'the-token-of-the-forge';

export interface Phoenix {
  readonly folder: string;
  readonly forge: LabForge;
  readonly repo: ConfigRepo;
  readonly redis: TestRedis;
  /** A separate connection for the test. */
  readonly ledger: Ledger;
  readonly around: Surroundings;
  readonly agent: () => Agent;
  /** Commits, pushes, and waits for the commit's result. */
  push(files: Files, message?: string): Promise<Answered>;
  /** Waits until the commit has its result: `phoenix/apply` is set and not pending, and nothing is left to send. */
  answered(commit: CommitSha, seconds?: number): Promise<Answered>;
  /** Waits until a run is in a state; resolves to its commit's statuses. */
  reached(run: RunId, ...states: RunState[]): Promise<Answered>;
  /** By context, as `state: description`. */
  statuses(commit: CommitSha): Record<string, string>;
  /** Sends an event that the forge did not send, signed like its own; resolves to the status code of the response. */
  forged(event: string, payload: object, more?: Forged): Promise<number>;
  startAgent(): Promise<void>;
  /** As SIGTERM does. */
  stopAgent(): Promise<void>;
  stop(): Promise<void>;
}

/** Options of such an event. */
interface Forged {
  /** Id of the delivery; default: a new one. */
  readonly id?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body in place of the payload. */
  readonly body?: string;
}

interface Answered {
  readonly commit: CommitSha;
  readonly statuses: Record<string, string>;
}

export interface PhoenixOptions {
  readonly host: Host | HostOf;
  readonly managers: Managers;
  readonly options?: Partial<AgentOptions>;
  /** The agent's clock; default: the real one. */
  readonly clock?: Clock;
  /** The agent's timeout for the forge. */
  readonly forgeTimeoutMs?: number;
  /** Maximum bytes of one fetch; default: as in production. */
  readonly maxPackBytes?: number;
  /** The kind of forge; default: GitHub with a token. */
  readonly forge?: 'github' | 'github app' | 'gitea' | 'gitlab';
  /** Default: no key is known. */
  readonly signatures?: Signatures;
  /** The agent's log; default: warnings and errors are printed with `PHOENIX_TEST_LOG=1`. */
  readonly log?: Log;
  /** Default: no tracing. */
  readonly tracer?: Tracer;
  /** Notification channels; default: none. */
  readonly channels?: readonly Channel[];
  /** False: the test starts the agent. */
  readonly started?: boolean;
}

export async function startPhoenix({
  host,
  managers,
  options = {},
  started = true,
  forge: whose = 'github',
  ...more
}: PhoenixOptions): Promise<Phoenix> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-test-'));
  const redis = await startRedis();
  const app = whose === 'github app' ? appKeys() : null;
  const kind = whose === 'github app' ? 'github' : whose;
  const forge = await startForge({
    folder: join(folder, 'forge'),
    secret: SECRET,
    token: TOKEN,
    // Needed to list webhooks.
    tokenRight: 'admin',
    kind,
    ...(app === null ? {} : { app: { id: APP_ID, publicKey: app.publicKey } }),
  });
  const repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
  const ledger = openTestLedger(redis.url);
  const changes = await watchChanges(ledger);
  const around: Surroundings = {
    redisUrl: redis.url,
    cloneFolder: join(folder, 'clone'),
    repositoryUrl: forge.repositoryUrl,
    forgeUrl: forge.url,
    forgeRepository: forge.repository,
    token: TOKEN,
    forgeKind: kind,
    appKey: app === null ? null : String(app.privateKey.export({ type: 'pkcs1', format: 'pem' })),
  };
  let agent: Agent | undefined;

  const http = await startHttpServer(
    {
      receive: {
        secrets: [secret(SECRET)],
        branch: 'main',
        sentAs: 'json',
        follows: async (repository) => repository === 'phoenix/config',
        record: recordTraced(ledger.recordDelivery, more.tracer ?? NO_TRACES),
        recorded: async (delivery) => agent?.delivered(delivery),
        // A test may end meanwhile.
        ended: (_, arrived) => void (arrived && ledger.noteArrival(arrived).catch(() => {})),
        refused: () => {},
        unsigned: (refusal) => void ledger.noteRefusal(refusal).catch(() => {}),
        log: testLog,
        clock,
      },
      api: null,
      pages: null,
      ready: async () => ({ ready: true, checks: {} }),
      metrics: async () => ({ contentType: 'text/plain', text: '' }),
      log: testLog,
    },
    { host: '127.0.0.1', port: 0 },
  );
  forge.sendWebhooksTo(`${http.url}/webhooks`);

  function statuses(commit: CommitSha): Record<string, string> {
    const checks = forge.latestChecks(commit).map((check) => ({
      context: check.name,
      state: check.conclusion ?? 'pending',
      description: check.title,
    }));
    const latest = [...forge.latestStatuses(commit), ...checks].map(({ context, state, description }) => [
      context,
      `${state}: ${description}`,
    ]);
    return Object.fromEntries(latest.sort(([a = ''], [b = '']) => a.localeCompare(b)));
  }

  async function quiet(commit: CommitSha): Promise<Answered> {
    await until(async () => (await ledger.nextReport()) === null, 'everything to be sent');
    return { commit, statuses: statuses(commit) };
  }

  const phoenix: Phoenix = {
    folder,
    forge,
    repo,
    redis,
    ledger,
    around,
    agent() {
      if (agent === undefined) throw new Error('the agent is not running');
      return agent;
    },
    async push(files, message) {
      const commit = await repo.commit(files, message);
      await repo.push();
      return phoenix.answered(commit);
    },
    async answered(commit, seconds) {
      const isAnswered = () => /^(?!pending)/.test(statuses(commit)['phoenix/apply'] ?? 'pending');
      await until(isAnswered, `an answer on ${commit}`, seconds);
      return quiet(commit);
    },
    async reached(run, ...states) {
      await until(
        async () => states.includes((await ledger.run(run))?.state ?? 'planned'),
        `run ${run} to be ${states}`,
      );
      return quiet((await ledger.run(run))?.commit as CommitSha);
    },
    statuses,
    async forged(event, payload, { id = randomUUID(), headers = {}, body = JSON.stringify(payload) } = {}) {
      const isGitLab = kind === 'gitlab';
      const signed = createHmac('sha256', SECRET).update(body).digest('hex');
      const sent = isGitLab
        ? { 'x-gitlab-event': event, 'x-gitlab-token': SECRET, 'x-gitlab-event-uuid': id }
        : { 'x-github-event': event, 'x-github-delivery': id, 'x-hub-signature-256': `sha256=${signed}` };
      const all = { 'content-type': 'application/json', ...sent, ...headers };
      return (await fetch(`${http.url}/webhooks`, { method: 'POST', headers: all, body })).status;
    },
    async startAgent() {
      agent = await startTestAgent(around, typeof host === 'function' ? host : () => host, managers, {
        options,
        ...more,
      });
    },
    async stopAgent() {
      await agent?.stop(0);
      agent = undefined;
    },
    async stop() {
      await phoenix.stopAgent();
      await http.close();
      await changes.close();
      await forge.close();
      await ledger.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  if (started) await phoenix.startAgent();
  return phoenix;
}
