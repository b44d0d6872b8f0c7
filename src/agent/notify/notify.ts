// Notifies people of problems that need them, and of their end. The whole state is compared with what was recorded, so that a restart, a lost job or
// two simultaneous ones notify nobody twice; messages wait in the ledger for their channel.

import { faultOf } from '../../messages/faults.ts';
import { messageOf } from '../../messages/notification.ts';
import type { CertificateEnd } from '../../model/environment.ts';
import type { MarkedTarget } from '../../model/target.ts';
import { type Batch, type Channel, MAX_CHANNEL_WAIT_MS } from '../../ports/notifications.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { Head } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import type { KnownTarget } from '../deps.ts';
import { targetsJson } from '../http/run-json.ts';
import { orphans } from '../orphans.ts';
import { declaredAt } from '../reconcile/desired-state.ts';
import { certificates } from '../views/certificates.ts';
import { changesIn, type Sight } from './troubles.ts';

/** Number of runs that are searched for the newest step and observation of each target. */
const RUNS_LOOKED_AT = 100;
/** Minimum interval between observations of the host for orphans and certificates, which no run reports. */
const LOOK_EVERY_MS = 600_000;
/** Time that a channel has to accept a message before it is due again; longer than any channel's timeout. */
const CLAIM_MS = 60_000;
/** Attempts for a message that a channel never accepts: two days, every 15 minutes. */
const MAX_ATTEMPTS = 200;

/** Runs under a lease that the caller holds, one at a time. Resolves to when an undelivered message is due. */
export async function notify(context: Context, signal: AbortSignal): Promise<RetryDelay> {
  const { ledger, channels, clock } = context;
  const at = clock.now();
  const [sight, known] = await Promise.all([look(context, at), ledger.troubles()]);
  const changes = changesIn(sight, known, channels);
  const isNews =
    changes.began.length + changes.ended.length > 0 || changes.kinds.some((kind) => !known.kinds.has(kind));
  if (isNews) await ledger.noteTroubles(changes, at.toISOString());
  // Channels are independent: an unreachable one does not delay the others.
  await Promise.all(channels.map((channel) => tell(context, channel, signal)));
  const next = await ledger.nextNews(channels.map(({ name }) => name));
  return next === null ? null : Math.max(1_000, Math.min(next - clock.now().getTime(), MAX_CHANNEL_WAIT_MS));
}

async function tell({ ledger, clock, log, options }: Context, channel: Channel, signal: AbortSignal): Promise<void> {
  const now = () => clock.now().getTime();
  while (!signal.aborted) {
    const batch = await ledger.claimNews(channel.name, now(), CLAIM_MS);
    if (batch === null) return;
    const answer = await channel.send(messageOf(batch, options.publicUrl));
    if (answer.sent) {
      await ledger.newsSent(channel.name, batch.id);
      continue;
    }
    const { why, retryAfterSeconds } = answer;
    const isGivenUp = retryAfterSeconds === null || batch.attempts >= MAX_ATTEMPTS;
    log[isGivenUp ? 'error' : 'warn'](`a notification was not taken${isGivenUp ? ' and is given up' : ''}`, {
      channel: channel.name,
      reason: why,
    });
    const retryAt = isGivenUp ? null : now() + waitMs(batch, retryAfterSeconds);
    await ledger.newsFailed(channel.name, batch.id, { retryAt, why });
    if (retryAt !== null) return;
  }
}

/** Increases with each failure, and is at least as long as the channel requests. */
function waitMs({ attempts }: Batch, retryAfterSeconds: number): number {
  return Math.min(Math.max(retryAfterSeconds * 1000, 1000 * 2 ** Math.min(attempts, 20)), MAX_CHANNEL_WAIT_MS);
}

async function look(context: Context, now: Date): Promise<Sight> {
  const { ledger } = context;
  const head = await ledger.head();
  const [open, records, runs, declared, nodes, recorded, seen] = await Promise.all([
    ledger.openRuns(),
    ledger.targets(),
    ledger.runs(RUNS_LOOKED_AT),
    declaredBy(context, head),
    ledger.nodesAway(),
    ledger.faults(),
    lookAtHost(context, head),
  ]);
  const refused = runs.find(({ commit, state }) => commit === head?.commit && state === 'invalid');
  const refusal = refused === undefined ? null : ((await ledger.runProgress(refused.id))?.reason ?? null);
  const targets = targetsJson(records, runs, declared);
  const faults = [...recorded].map(([subject, record]) => faultOf(subject, record));
  return { head, open, targets, isDeclaredKnown: declared !== null, nodes, faults, refusal, now, ...seen };
}

/** Null where unknown: the repository has lost the commit, or cannot be read. Power states are not read from the host. */
async function declaredBy(context: Context, head: Head | null): Promise<readonly KnownTarget[] | null> {
  if (head?.base == null) return head === null ? [] : null;
  const declared = await declaredAt(context, head.base).catch(() => undefined);
  if (declared === undefined) return null;
  return [...declared.targets].map(([target, { needs, within = [] }]) => ({ target, running: null, needs, within }));
}

interface SeenOnHost {
  readonly orphans: readonly MarkedTarget[] | null;
  readonly certificates: readonly CertificateEnd[] | null;
}

/** Null between two observations, and where the host cannot be observed. */
async function lookAtHost(context: Context, head: Head | null): Promise<SeenOnHost> {
  const { memory } = context;
  const nothing = { orphans: null, certificates: null };
  if (head?.base == null || performance.now() - memory.hostObservedAt < LOOK_EVERY_MS) return nothing;
  memory.hostObservedAt = performance.now();
  const [found, ends] = await Promise.all([
    orphans(context).catch(() => null),
    certificates(context).catch(() => null),
  ]);
  // After a failure, the next call tries again at once.
  if (found === null || ends === null) memory.hostObservedAt = Number.NEGATIVE_INFINITY;
  return { orphans: found, certificates: ends };
}
