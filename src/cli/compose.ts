// The composition root: the settings become a running Phoenix. Everything that is opened here is closed here, in reverse.

import { startAgent } from '../agent/agent.ts';
import type { Agent, AgentOptions, Role } from '../agent/deps.ts';
import { type Changes, watchChanges } from '../agent/http/changes.ts';
import { metricsView } from '../agent/http/metrics-view.ts';
import type { HttpServerDeps } from '../agent/http/server.ts';
import { claimInstallation } from '../agent/installation.ts';
import { lockFolder } from '../io/folder-lock.ts';
import { openRepository } from '../io/git/repository.ts';
import type { NodeAdvice } from '../io/host/ssh-failure.ts';
import { openLedger } from '../io/ledger/ledger.ts';
import { makeFolders } from '../io/make-folders.ts';
import { type Metrics, openMetrics } from '../io/metrics.ts';
import { openChannels } from '../io/notify/channels.ts';
import { openQueue } from '../io/queue/queue.ts';
import type { Redactor } from '../io/redact.ts';
import * as managers from '../managers/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Host } from '../ports/host.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Repository } from '../ports/repository.ts';
import type { Settings } from '../settings.ts';
import { forgePages } from '../web/forge-pages.ts';
import { openPages } from '../web/pages.ts';
import type { ShowQueues } from '../web/queues.ts';
import {
  type Closer,
  pathOf,
  queuesOf,
  repositoryOptionsOf,
  type StartingServer,
  signaturesOf,
  startServer,
  tracerOf,
  unlessLost,
  waitForNode,
} from './compose-parts.ts';
import { receiverOf } from './compose-receiver.ts';
import { openRedis } from './compose-redis.ts';
import { knownNode, noteVersion } from './data-folder.ts';
import { readiness } from './doctor/readiness.ts';
import { type LabPrograms, openForgeOf, openForgeSignInOf, openHostOf } from './rehearse/open-host.ts';
import { phoenixVersion } from './version.ts';

/**
 * Default numbers of concurrent steps: per process as many as Proxmox itself runs of a bulk action, and on the node, whose disks are shared, as many as
 * four processes start.
 */
const STEPS_OF_PROCESS = 4;
const STEPS_ON_NODE = 16;
const LEASE_SECONDS = 15;
const RETRY_MS = 1_000;
/** The roles without which nothing is applied. */
const ACTS = ['reconcile', 'apply'];
const RENEW_SECONDS = 300;

export interface RunningPhoenix {
  readonly agent: Agent;
  readonly url: string;
  /** Resolves when something essential is lost. */
  readonly lost: Promise<Error>;
  /** Accepts no new work, gives running actions that long to end, and leaves the rest in the ledger. */
  stop(graceSeconds: number): Promise<void>;
}

export interface ComposeOptions {
  readonly roles: readonly Role[];
  readonly node: string | null;
  /** Resolves secret references to variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Learns every secret of the settings, and those of the configuration when they are resolved. */
  readonly redactor: Redactor;
  /** The interval of checks for renewals, which also run when the next one is known to be due. */
  readonly renewSeconds?: number;
  /** Aborted when waiting has to end. */
  readonly stop?: AbortSignal;
  /** How the programs of a lab host run. Default: as processes. */
  readonly labPrograms?: LabPrograms;
}

/** Starts everything. If something fails, what was opened is closed again. */
export async function compose(settings: Settings, options: ComposeOptions): Promise<RunningPhoenix> {
  const { roles, log, redactor, renewSeconds = RENEW_SECONDS } = options;
  const opened: Closer[] = [];
  let starting: StartingServer | null = null;
  const close = async () => {
    // Opened first, and closed first: what it serves is still there then.
    await starting?.server.close();
    starting = null;
    for (const each of opened.splice(0).reverse()) await each();
  };
  const clock = { now: () => new Date() };
  try {
    const signatures = await signaturesOf(settings, clock);
    await makeFolders(settings.dataDir, 0o700);
    opened.push(await lockFolder(settings.dataDir));
    starting = await startServer(settings, { receives: roles.includes('receive'), log });
    const { server, waitFor, receiveBy } = starting;

    const lost = Promise.withResolvers<Error>();
    const redis = await openRedis(settings, opened, { log, lost: lost.resolve });
    const { installation } = settings;
    const ledger = openLedger(redis.connect(), { clock, installation });
    opened.push(() => ledger.close());
    await redis.answers(ledger);
    waitFor('its node, the Proxmox host, whose name it learns');
    const unnamed = agentOptions(settings, { roles, node: '', renewSeconds });
    await claimInstallation({ ledger, options: { ...unnamed, node: options.node } });

    const forge = openForgeOf(settings, redactor);
    const tracer = await tracerOf(settings, log);
    opened.push(() => tracer.close());
    const repository = openRepository(repositoryOptionsOf(settings, { forge, log }));
    opened.push(() => repository.close());
    const metrics = openMetrics(ledger, { clock, version: phoenixVersion() });
    // Open before the node is known: other processes look at once for what is delivered to this one meanwhile.
    const queue = openQueue(redis.connect(), { log, installation });
    let isStarted = false;
    opened.push(() => (isStarted ? undefined : queue.close(0)));
    const receive = roles.includes('receive')
      ? receiverOf(settings, { ledger, queue, metrics, forge, tracer, log, clock })
      : null;
    receiveBy(receive);

    const host = metrics.host(await openNode(settings, options, { repository, waitFor, lost: lost.promise }));
    opened.push(() => host.close());
    const changes = await watchChanges(ledger);
    opened.push(() => changes.close());
    // Not by each process that sees the run, so that a sum over them is right.
    if (roles.includes('reconcile')) changes.all((run, step) => step === null && metrics.runChanged(run));

    const agentDeps = {
      ledger,
      queue,
      repository,
      signatures,
      host,
      managers,
      forge: forge === null ? null : metrics.forge(forge),
      channels: metrics.channels(openChannels(settings.channels, { host, redact: redactor.redact })),
      log,
      clock,
      tracer,
      options: agentOptions(settings, { roles, node: host.node, renewSeconds }),
      lost: lost.resolve,
    };
    const agent = await unlessLost(lost.promise, () => startAgent(agentDeps));
    let grace = 0;
    isStarted = true;
    opened.push(() => agent.stop(grace));
    if (settings.redisUrl === null) await noteVersion(settings.dataDir, phoenixVersion());

    const queues = { installation, node: host.node, path: `${pathOf(settings)}/queues` };
    const web = roles.includes('web') ? { changes, queues: queuesOf(redis.connect, queues, opened) } : null;
    const served = { ledger, agent, clock, log, repository, metrics, web, reports: forge !== null };
    server.serve({ ...routesOf(settings, redactor, served), receive });
    return {
      agent,
      url: server.url,
      lost: lost.promise,
      async stop(graceSeconds) {
        grace = graceSeconds;
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The node. While it does not answer, it is waited for, unless its name is known from an earlier start. */
async function openNode(
  settings: Settings,
  { node, environment, redactor, log, stop, labPrograms }: ComposeOptions,
  { repository, waitFor, lost }: NodeSources,
): Promise<Host> {
  const known = settings.host.kind === 'ssh' ? knownNode(settings.dataDir, settings.host.destination) : null;
  const waits = (why: string) => waitFor(`its node: ${why}; it goes on by itself once the node answers`);
  const advise = ({ what, remedy }: NodeAdvice) => log.warn(what, { remedy });
  const lab = labPrograms === undefined ? {} : { labPrograms };
  const deps = { node, environment, repository, redactor, advise, ...lab };
  const open = (until: AbortSignal) =>
    openHostOf(settings, { ...deps, away: waitForNode(known, { log, waits, stop: until }) });
  const host = await unlessLost(lost, open, stop);
  await known?.keep(host.node);
  return host;
}

interface NodeSources {
  readonly repository: Repository;
  readonly waitFor: StartingServer['waitFor'];
  /** Resolves when something essential is lost. */
  readonly lost: Promise<Error>;
}

/** What a running agent serves by HTTP beside its webhooks. */
function routesOf(
  settings: Settings,
  redactor: Redactor,
  { ledger, agent, clock, log, repository, metrics, web, reports }: Served,
): Omit<HttpServerDeps, 'receive'> {
  const seen = metricsView({ ledger, agent, clock });
  const { adminToken } = settings;
  return {
    api: web === null ? null : { ledger, agent, changes: web.changes, adminToken, clock, log },
    pages:
      web === null
        ? null
        : openPages({
            ledger,
            agent,
            log,
            clock,
            forge: forgePages(settings.forge.kind, settings.repositoryUrl),
            queues: web.queues,
          }),
    ready: readiness({ ledger, roles: reports ? [...ACTS, 'report'] : ACTS, repository, clock }),
    metrics: async () => metrics.text(await seen()),
    log,
    access: settings,
    forge: openForgeSignInOf(settings, redactor),
    adminToken,
  };
}

interface Served {
  readonly ledger: Ledger;
  readonly agent: Agent;
  readonly clock: Clock;
  readonly log: Log;
  readonly repository: Repository;
  readonly metrics: Metrics;
  /** For the API and the pages; null where this process serves none. */
  readonly web: { readonly changes: Changes; readonly queues: ShowQueues } | null;
  /** Whether results are sent to a forge. */
  readonly reports: boolean;
}

function agentOptions(
  settings: Settings,
  { roles, node, renewSeconds }: Pick<AgentOptions, 'roles' | 'node' | 'renewSeconds'>,
): AgentOptions {
  const { repositoryUrl, branch, movedFrom, publicUrl, pollSeconds, driftSeconds, planForks, applySteps } = settings;
  return {
    roles,
    node,
    renewSeconds,
    version: phoenixVersion(),
    repositoryUrl,
    branch,
    movedFrom,
    publicUrl,
    pollSeconds,
    driftSeconds,
    planForks,
    reading: { strictSecrets: settings.strictSecrets, secrets: settings.secrets },
    concurrency: applySteps ?? STEPS_OF_PROCESS,
    stepsOnNode: applySteps ?? STEPS_ON_NODE,
    leaseSeconds: LEASE_SECONDS,
    retryMs: RETRY_MS,
  };
}
