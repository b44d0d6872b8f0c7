// What the receiver of webhooks gets of an agent: its secrets and branch, and the ledger and queue that keep what arrives.

import { noteFault } from '../agent/faults.ts';
import { followedRepository } from '../agent/http/webhook/follows.ts';
import type { ReceiverDeps } from '../agent/http/webhook/receive.ts';
import { requestLook } from '../agent/request-look.ts';
import { recordTraced } from '../agent/tracing.ts';
import type { Metrics } from '../io/metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Forge } from '../ports/forge.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Queue } from '../ports/queue.ts';
import type { Tracer } from '../ports/tracing.ts';
import type { Settings } from '../settings.ts';
import { repositoryOf } from './rehearse/open-host.ts';

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
export function receiverOf(
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
