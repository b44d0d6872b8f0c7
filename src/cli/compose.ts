// The composition root: the settings become a running Phoenix. Everything that is opened here is closed here, in reverse.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startAgent } from '../agent/agent.ts';
import type { Agent, Role } from '../agent/deps.ts';
import { watchChanges } from '../agent/http/changes.ts';
import { metricsView } from '../agent/http/metrics-view.ts';
import { type HttpServer, startHttpServer } from '../agent/http/server.ts';
import { followedRepository } from '../agent/http/webhook/follows.ts';
import type { DeliveryEnd } from '../agent/http/webhook/receive.ts';
import { recordTraced } from '../agent/tracing.ts';
import { lockFolder } from '../io/folder-lock.ts';
import { limitsOf } from '../io/git/http.ts';
import { openRepository, type RepositoryOptions } from '../io/git/repository.ts';
import type { NodeAdvice } from '../io/host/ssh-failure.ts';
import { type Connection, connectRedis, mayAskInfo } from '../io/ledger/connect.ts';
import { openLedger } from '../io/ledger/ledger.ts';
import { isSilence, mayPass, redisFault } from '../io/ledger/redis-fault.ts';
import { openMetrics } from '../io/metrics.ts';
import { openChannels } from '../io/notify/channels.ts';
import { openQueue } from '../io/queue.ts';
import type { QueueBoard, QueueBoardOptions } from '../io/queue-board.ts';
import type { Redactor } from '../io/redact.ts';
import { startRedis } from '../io/redis-server.ts';
import { READING } from '../load/reading.ts';
import * as managers from '../managers/index.ts';
import type { Arrival } from '../ports/deliveries.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Signatures } from '../ports/signatures.ts';
import { NO_TRACES, type Tracer } from '../ports/tracing.ts';
import type { Clock, Forge, Log } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { forgePages } from '../web/forge-pages.ts';
import { openPages } from '../web/pages.ts';
import type { ShowQueues } from '../web/queues.ts';
import { readiness } from './doctor/readiness.ts';
import { Missing } from './missing.ts';
import { type KnownNode, knownNode } from './node-name.ts';
import { type HostDeps, openForgeOf, openForgeSignInOf, openHostOf, repositoryOf } from './rehearse/open-host.ts';
import { phoenixVersion } from './version.ts';

/**
 * Steps at a time where the settings do not say: as many in one process as Proxmox itself takes at once of a bulk action, and on the node, whose
 * disks all share, what four processes bring.
 */
const STEPS_OF_PROCESS = 4;
const STEPS_ON_NODE = 16;
const LEASE_SECONDS = 15;
/** What nothing is done without. */
const ACTS = ['reconcile', 'apply'];
const RENEW_SECONDS = 300;
/** For a Redis that starts beside Phoenix. */
const REDIS_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;
/** Between two questions to a node that is away and whose name nobody knows yet. */
const NODE_AGAIN_MS = 5_000;

export interface RunningPhoenix {
  readonly agent: Agent;
  readonly url: string;
  /** Resolves when something is gone that nothing can go on without. */
  readonly lost: Promise<Error>;
  /** Takes no new work, lets running actions end for that long, leaves the rest in the ledger. */
  stop(graceSeconds: number): Promise<void>;
}

export interface ComposeOptions {
  readonly roles: readonly Role[];
  readonly node: string | null;
  /** Where secrets by reference are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Is told every secret of the settings, and those of the configuration as they are looked up. */
  readonly redactor: Redactor;
  /** What is due by time is looked for this often, and when the next is known to be due. */
  readonly renewSeconds?: number;
  /** Aborted when nothing is to be waited for any more. */
  readonly stop?: AbortSignal;
}

/** Starts everything. What was opened is closed again when something fails on the way. */
export async function compose(
  settings: Settings,
  { roles, node, environment, log, redactor, renewSeconds = RENEW_SECONDS, stop }: ComposeOptions,
): Promise<RunningPhoenix> {
  const opened: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const each of opened.splice(0).reverse()) await each();
  };
  const clock = { now: () => new Date() };
  try {
    const signatures = await signaturesOf(settings, clock);
    await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
    opened.push(await lockFolder(settings.dataDir));
    const lost = Promise.withResolvers<Error>();
    const redisUrl = await redisOf(settings, opened, { log, lost: lost.resolve });
    let said: Error | null = null;
    const warn = onceUntil(log);
    const hear = (error: Error) => {
      said = error;
      warn(error);
    };
    const asksInfo = await mayAskInfo(redisUrl);
    const connect = (): Connection => connectRedis(redisUrl, hear, { asksInfo });
    const { installation } = settings;
    const ledger = openLedger(connect(), { clock, installation });
    opened.push(() => ledger.close());
    await answering(ledger, settings, () => said);

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
    const known = settings.host.kind === 'ssh' ? knownNode(settings.dataDir, settings.host.destination) : null;
    const away = patience(known, log, stop);
    const advise = ({ what, remedy }: NodeAdvice) => log.warn(what, { remedy });
    const host = metrics.host(await openHostOf(settings, { node, environment, repository, redactor, away, advise }));
    await known?.keep(host.node);
    opened.push(() => host.close());
    const changes = await watchChanges(ledger);
    opened.push(() => changes.close());
    changes.all((run, step) => step === null && metrics.runChanged(run));

    const queue = openQueue(connect(), { log, installation });
    const agent = await startAgent({
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
      options: {
        roles,
        repositoryUrl: settings.repositoryUrl,
        branch: settings.branch,
        node: host.node,
        movedFrom: settings.movedFrom,
        publicUrl: settings.publicUrl,
        pollSeconds: settings.pollSeconds,
        driftSeconds: settings.driftSeconds,
        renewSeconds,
        reading: { strictSecrets: settings.strictSecrets, secrets: settings.secrets },
        planForks: settings.planForks,
        concurrency: settings.applySteps ?? STEPS_OF_PROCESS,
        stepsOnNode: settings.applySteps ?? STEPS_ON_NODE,
        leaseSeconds: LEASE_SECONDS,
      },
      lost: lost.resolve,
    });
    let grace = 0;
    opened.push(() => agent.stop(grace));

    const seen = metricsView({ ledger, agent, clock });
    const { webhookSecret, webhookSecretBefore } = settings;
    const receive = {
      branch: settings.branch,
      sentAs: settings.webhookContentType,
      follows: followedRepository({ repository: repositoryOf(settings), forge, clock, log }),
      record: recordTraced(ledger.recordDelivery, tracer),
      recorded: agent.delivered,
      ended(end: DeliveryEnd, arrived?: Arrival) {
        metrics.delivery(end);
        if (arrived === undefined) return;
        ledger.noteArrival(arrived).catch((error) => log.warn('that a delivery arrived could not be kept', { error }));
      },
      log,
      clock,
    };
    const door = await openDoorOf(settings, {
      receive:
        roles.includes('receive') && webhookSecret !== null
          ? {
              ...receive,
              secrets: webhookSecretBefore === null ? [webhookSecret] : [webhookSecret, webhookSecretBefore],
            }
          : null,
      api: roles.includes('web') ? { ledger, agent, changes, adminToken: settings.adminToken, clock, log } : null,
      pages: roles.includes('web')
        ? openPages({
            ...{ ledger, agent, log, clock },
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
    opened.push(() => door.close());
    return {
      agent,
      url: door.url,
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

/** The board of the queues is loaded, and connects, when somebody looks. */
function queuesOf(
  connect: () => Connection,
  options: QueueBoardOptions,
  opened: (() => Promise<void> | void)[],
): ShowQueues {
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
function pathOf({ publicUrl }: Settings): string {
  return publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
}

/** Goes on by the name that the node had; waits for one that was never asked. Rejects when it is to stop. */
function patience(known: KnownNode | null, log: Log, stop?: AbortSignal): NonNullable<HostDeps['away']> {
  let said = false;
  return async ({ message }) => {
    const node = (await known?.read()) ?? null;
    if (!said) log.warn('the node does not answer: it is waited for', { node, reason: message });
    said = true;
    if (node === null) await pause(NODE_AGAIN_MS, undefined, stop === undefined ? {} : { signal: stop });
    return node;
  };
}

/** The one that was given, or a private one. */
async function redisOf(
  { redisUrl, dataDir }: Settings,
  opened: unknown[],
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

/** A server that starts beside Phoenix is waited for; one that says no is not. @param said what its connections end with */
async function answering(ledger: Ledger, { redisUrl }: Settings, said: () => Error | null): Promise<void> {
  const deadline = performance.now() + REDIS_WITHIN_MS;
  for (;;) {
    try {
      await ledger.ping();
      return await ledger.checkRights();
    } catch (cause) {
      const known = said();
      const error = known !== null && !mayPass(known) ? known : cause;
      if (mayPass(error) && performance.now() < deadline) {
        await pause(LOOK_AGAIN_MS);
        continue;
      }
      // Of a server that is not there, the connection knows why.
      const { what, remedy } = redisFault(isSilence(error) && known !== null ? known : error, redisUrl?.expose());
      const where = redisUrl === null ? 'the private Redis' : 'the Redis of REDIS_URL';
      const privately = redisUrl === null || !mayPass(error) ? '' : '; without REDIS_URL a private one is started';
      throw new Missing(`${where} cannot be used: ${what}`, `${remedy}${privately}`, { cause: error });
    }
  }
}

async function openDoorOf({ listen }: Settings, parts: Parameters<typeof startHttpServer>[0]): Promise<HttpServer> {
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

/** What reads keys is loaded where there are some. */
async function signaturesOf({ signingKeys }: Settings, clock: Clock): Promise<Signatures | null> {
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
async function tracerOf({ traces, installation }: Settings, log: Log): Promise<Tracer> {
  if (traces === null) return NO_TRACES;
  const { openTracer } = await import('../io/trace.ts');
  const { endpoint, service } = traces;
  const headers = Object.fromEntries(Object.entries(traces.headers).map(([name, value]) => [name, value.expose()]));
  return openTracer({ endpoint, headers, service, version: phoenixVersion(), installation, log });
}

/** What the forge is spoken to with fetches too; a login in the repository's address goes first. */
function tokenOf({ repositoryLogin }: Settings, forge: Forge | null): Pick<RepositoryOptions, 'token'> {
  if (repositoryLogin !== null) return { token: repositoryLogin.password.expose() };
  return forge === null ? {} : { token: forge.token };
}

/** One line per outage, not one per attempt. */
function onceUntil(log: Log): (error: Error) => void {
  let last = '';
  return (error) => {
    if (error.message !== last) log.warn('Redis cannot be reached; trying again', { error: error.message });
    last = error.message;
  };
}
