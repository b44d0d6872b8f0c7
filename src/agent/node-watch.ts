// Whether the node answers, as those see it who ask it for something: the same host, with every call watched. It is said once that the
// node is away, and once that it is back; what waits for it is told on its commit.

import { HostAway } from '../ports/host-failure.ts';
import type { NodeAway } from '../ports/ledger.ts';
import type { Host, Log } from '../ports.ts';

export interface NodeWatch {
  readonly host: Host;
  /** Null while it answers, as far as this process knows. */
  away(): NodeAway | null;
  /** Milliseconds until it is worth asking again; 0 when it is now, or when it answers. */
  waitMs(): number;
}

export interface WatchDeps {
  readonly log: Log;
  readonly now: () => Date;
  /** Keeps it for all processes. Resolves to what was noted before; null for nothing. */
  readonly note: (away: NodeAway | null) => Promise<NodeAway | null>;
  /** Called once when it answers again, also when another process had found it away. */
  readonly back: () => Promise<void>;
}

/** It is asked more and more seldom while it is away: a second after a second, and at least twice a minute. */
const LEAST_MS = 1_000;
const MOST_MS = 30_000;

export function watchNode(given: Host, { log, now, note, back }: WatchDeps): NodeWatch {
  let away: NodeAway | null = null;
  /** What a process of before noted is not known until this one has been answered. */
  let known = false;
  let began = 0;
  let asked = 0;

  async function failed(error: unknown): Promise<void> {
    if (!(error instanceof HostAway)) return;
    asked = performance.now();
    if (away !== null) return;
    began = asked;
    const found = { since: now().toISOString(), why: error.message };
    away = found;
    log.warn('the node does not answer: it is waited for', { node: given.node, reason: error.message });
    // Since when is told alike by all who find it away.
    away = (await note(found).catch(() => null)) ?? found;
  }

  async function answered(): Promise<void> {
    if (away === null && known) return;
    const here = away !== null;
    away = null;
    known = true;
    if (here) {
      const seconds = Math.round((performance.now() - began) / 1000);
      log.info('the node answers again', { node: given.node, away: `${seconds} s` });
    }
    const noted = await note(null).catch(() => null);
    if (!here && noted === null) return;
    await back().catch((error) => log.warn('that the node answers again could not be said', { error }));
  }

  const host = new Proxy(given, {
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
      const pause = Math.min(MOST_MS, Math.max(LEAST_MS, (asked - began) / 2));
      return Math.max(0, asked + pause - performance.now());
    },
  };
}
