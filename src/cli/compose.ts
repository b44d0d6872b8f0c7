// The composition root: the settings become a running Phoenix. Everything that is opened here is closed here, in reverse.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startAgent } from '../agent/agent.ts';
import type { Agent, AgentOptions, Role } from '../agent/deps.ts';
import { noteFault } from '../agent/faults.ts';
import { watchChanges } from '../agent/http/changes.ts';
import { metricsView } from '../agent/http/metrics-view.ts';
import type { HttpServer } from '../agent/http/server.ts';
import type { StartingDeps } from '../agent/http/starting.ts';
import { followedRepository } from '../agent/http/webhook/follows.ts';
import type { ReceiverDeps } from '../agent/http/webhook/receive.ts';
import { claimInstallation } from '../agent/installation.ts';
import { requestLook } from '../agent/request-look.ts';
import { recordTraced } from '../agent/tracing.ts';
import { lockFolder } from '../io/folder-lock.ts';
import { limitsOf } from '../io/git/remote/http.ts';
import { openRepository } from '../io/git/repository.ts';
import type { NodeAdvice } from '../io/host/ssh-failure.ts';
import { type Connection, connectRedis, mayAskInfo } from '../io/ledger/connect.ts';
import { openLedger } from '../io/ledger/ledger.ts';
import { type Metrics, openMetrics } from '../io/metrics.ts';
import { openChannels } from '../io/notify/channels.ts';
import { openQueue } from '../io/queue/queue.ts';
import type { Redactor } from '../io/redact.ts';
import { READING } from '../load/reading.ts';
import * as managers from '../managers/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Forge } from '../ports/forge.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Queue } from '../ports/queue.ts';
import type { Tracer } from '../ports/tracing.ts';
import type { Settings } from '../settings.ts';
import { forgePages } from '../web/forge-pages.ts';
import { openPages } from '../web/pages.ts';
import { openStartingPage } from '../web/starting.ts';
import {
  openHttpServer,
  pathOf,
  queuesOf,
  signaturesOf,
  tokenOf,
  tracerOf,
  unlessLost,
  waitForNode,
} from './compose-parts.ts';
import { redisOf, waitForRedis, warnOncePerOutage } from './compose-redis.ts';
import { knownNode, noteVersion } from './data-folder.ts';
import { readiness } from './doctor/readiness.ts';
import { type LabPrograms, openForgeOf, openForgeSignInOf, openHostOf, repositoryOf } from './rehearse/open-host.ts';
import { phoenixVersion } from './version.ts';

/**
 * Default numbers of concurrent steps: per process as many as Proxmox itself runs of a bulk action, and on the node, whose disks are shared, as many as
 * four processes start.
 */
const STEPS_OF_PROCESS = 4;
const STEPS_ON_NODE = 16;
const LEASE_SECONDS = 15;
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
export async function compose(
  settings: Settings,
  { roles, node, environment, log, redactor, renewSeconds = RENEW_SECONDS, stop, labPrograms }: ComposeOptions,
): Promise<RunningPhoenix> {
  const opened: (() => Promise<void> | void)[] = [];
  let server: HttpServer | null = null;
  const close = async () => {
    // Opened first, and closed first: what it serves is still there then.
    await server?.close();
    server = null;
    for (const each of opened.splice(0).reverse()) await each();
  };
  const clock = { now: () => new Date() };
  try {
    const signatures = await signaturesOf(settings, clock);
    await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
    opened.push(await lockFolder(settings.dataDir));
    const receives = roles.includes('receive');
    let waitsFor = 'Redis, which may be starting too';
    const starting = {
      receive: receives ? 'later' : null,
      waitsFor: () => waitsFor,
      page: openStartingPage(() => waitsFor),
      access: settings,
      adminToken: settings.adminToken,
      log,
    } as const satisfies StartingDeps;
    const opening = await openHttpServer(settings, starting);
    server = opening;
    log.info(`answers on ${opening.url} and is not ready yet`);
    const lost = Promise.withResolvers<Error>();
    const redisUrl = await redisOf(settings, opened, { log, lost: lost.resolve });
    let lastError: Error | null = null;
    const warn = warnOncePerOutage(log);
    const onError = (error: Error) => {
      lastError = error;
      warn(error);
    };
    const asksInfo = await mayAskInfo(redisUrl);
    const connect = (): Connection => connectRedis(redisUrl, onError, { asksInfo });
    const { installation } = settings;
    const ledger = openLedger(connect(), { clock, installation });
    opened.push(() => ledger.close());
    await waitForRedis(ledger, settings, () => lastError);
    waitsFor = 'its node, the Proxmox host, whose name it learns';
    await claimInstallation({
      ledger,
      options: { ...agentOptions(settings, { roles, node: '', renewSeconds }), node },
    });

    const forge = openForgeOf(settings, redactor);
    const tracer = await tracerOf(settings, log);
    opened.push(() => tracer.close());
    const repository = openRepository({
      url: settings.repositoryUrl,
      branch: settings.branch,
      folder: join(settings.dataDir, 'repository'),
      log,
      limits: limitsOf(settings.maxPackMb),
      ...READING,
      ...tokenOf(settings, forge),
      ...(settings.configRoot === null ? {} : { root: settings.configRoot }),
    });
    opened.push(() => repository.close());
    const metrics = openMetrics(ledger, { clock, version: phoenixVersion() });
    // Open before the node is known: other processes look at once for what is delivered to this one meanwhile.
    const queue = openQueue(connect(), { log, installation });
    let isStarted = false;
    opened.push(() => (isStarted ? undefined : queue.close(0)));
    const receive = receives ? receiverOf(settings, { ledger, queue, metrics, forge, tracer, log, clock }) : null;
    opening.serve({ ...starting, receive });
    const known = settings.host.kind === 'ssh' ? knownNode(settings.dataDir, settings.host.destination) : null;
    const waits = (why: string) => {
      waitsFor = `its node: ${why}; it goes on by itself once the node answers`;
    };
    const advise = ({ what, remedy }: NodeAdvice) => log.warn(what, { remedy });
    const lab = labPrograms === undefined ? {} : { labPrograms };
    const hostDeps = { node, environment, repository, redactor, advise, ...lab };
    const openHost = (until: AbortSignal) =>
      openHostOf(settings, { ...hostDeps, away: waitForNode(known, { log, waits, stop: until }) });
    const host = metrics.host(await unlessLost(lost.promise, openHost, stop));
    await known?.keep(host.node);
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

    const seen = metricsView({ ledger, agent, clock });
    opening.serve({
      receive,
      api: roles.includes('web') ? { ledger, agent, changes, adminToken: settings.adminToken, clock, log } : null,
      pages: roles.includes('web')
        ? openPages({
            ledger,
            agent,
            log,
            clock,
            forge: forgePages(settings.forge.kind, settings.repositoryUrl),
            queues: queuesOf(connect, { installation, node: host.node, path: `${pathOf(settings)}/queues` }, opened),
          })
        : null,
      ready: readiness({ ledger, roles: forge === null ? ACTS : [...ACTS, 'report'], repository, clock }),
      metrics: async () => metrics.text(await seen()),
      log,
      access: settings,
      forge: openForgeSignInOf(settings, redactor),
      adminToken: settings.adminToken,
    });
    return {
      agent,
      url: opening.url,
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
  };
}

interface ReceiverSources {
  readonly ledger: Ledger;
  readonly queue: Queue;
  readonly metrics: Pick<Metrics, 'delivery'>;
  readonly forge: Forge | null;
  readonly tracer: Tracer;
  readonly log: Log;
  readonly clock: Clock;
}

/** Null without a webhook secret. */
function receiverOf(
  settings: Settings,
  { ledger, queue, metrics, forge, tracer, log, clock }: ReceiverSources,
): ReceiverDeps | null {
  const { webhookSecret, webhookSecretBefore } = settings;
  if (webhookSecret === null) return null;
  return {
    secrets: webhookSecretBefore === null ? [webhookSecret] : [webhookSecret, webhookSecretBefore],
    branch: settings.branch,
    sentAs: settings.webhookContentType,
    follows: followedRepository({ repository: repositoryOf(settings), forge, clock, log }),
    record: recordTraced(ledger.recordDelivery, tracer),
    recorded: (delivery) => requestLook(queue, delivery),
    ended(end, arrived) {
      metrics.delivery(end);
      if (arrived === undefined) return;
      ledger.noteArrival(arrived).catch((error) => log.warn('that a delivery arrived could not be kept', { error }));
    },
    refused(why) {
      noteFault({ ledger, clock }, 'webhooks', why).catch((error) =>
        log.warn('that webhooks are refused could not be kept', { error }),
      );
    },
    unsigned(refusal) {
      ledger
        .noteRefusal(refusal)
        .catch((error) => log.warn('that a delivery was refused could not be kept', { error }));
    },
    log,
    clock,
  };
}
