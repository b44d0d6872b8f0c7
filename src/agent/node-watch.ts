// Tracks whether the node is reachable, by the result of every call of the host. An outage and its end are each logged once; steps that wait for the
// node say so in their commit's status.

import type { Host } from '../ports/host.ts';
import { HostAway } from '../ports/host-failure.ts';
import type { NodeAway } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';

export interface NodeWatch {
  readonly host: Host;
  /** Since when and why it is unreachable; null while it answers, as far as this process knows. */
  away(): NodeAway | null;
  /** Remaining back-off before the next attempt, in milliseconds; 0 while it answers. */
  waitMs(): number;
}

export interface WatchDeps {
  readonly log: Log;
  readonly now: () => Date;
  /** Records it for all processes. Resolves to the previous record; null for none. */
  readonly record: (away: NodeAway | null) => Promise<NodeAway | null>;
  /** Called once when it answers again, also when another process had recorded the outage. */
  readonly onRecovered: () => Promise<void>;
  /** The shortest pause before the node is tried again. */
  readonly minPauseMs: number;
}

/** The longest pause: it is half of the outage so far. */
const MAX_PAUSE_MS = 30_000;

export function watchNode(watched: Host, { log, now, record, onRecovered, minPauseMs }: WatchDeps): NodeWatch {
  let away: NodeAway | null = null;
  /** The record of an earlier process is unknown until the first successful call of this one. */
  let isRecordKnown = false;
  /** Both by `performance.now`. */
  let awaySince = 0;
  let lastFailureAt = 0;

  async function failed(error: unknown): Promise<void> {
    if (!(error instanceof HostAway)) return;
    lastFailureAt = performance.now();
    if (away !== null) return;
    awaySince = lastFailureAt;
    const found = { since: now().toISOString(), why: error.message };
    away = found;
    log.warn('the node does not answer: it is waited for', { node: watched.node, reason: error.message });
    // All processes name the same start of the outage.
    away = (await record(found).catch(() => null)) ?? found;
  }

  async function answered(): Promise<void> {
    if (away === null && isRecordKnown) return;
    const wasAway = away !== null;
    away = null;
    isRecordKnown = true;
    if (wasAway) {
      const seconds = Math.round((performance.now() - awaySince) / 1000);
      log.info('the node answers again', { node: watched.node, away: `${seconds} s` });
    }
    const recorded = await record(null).catch(() => null);
    if (!wasAway && recorded === null) return;
    await onRecovered().catch((error) => log.warn('the end of the outage could not be reported', { error }));
  }

  const host = new Proxy(watched, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || name === 'close') return value;
      return async (...args: unknown[]) => {
        try {
          const result: unknown = await Reflect.apply(value, target, args);
          await answered();
          return result;
        } catch (error) {
          await failed(error);
          throw error;
        }
      };
    },
  });

  return {
    host,
    away: () => away,
    waitMs() {
      if (away === null) return 0;
      const pause = Math.min(MAX_PAUSE_MS, Math.max(minPauseMs, (lastFailureAt - awaySince) / 2));
      return Math.max(0, lastFailureAt + pause - performance.now());
    },
  };
}
