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

export interface WatchParts {
  readonly log: Log;
  readonly now: () => Date;
  /** Resolves to what was noted first. */
  readonly note: (away: NodeAway | null) => Promise<void>;
  /** Called once when it answers again. */
  readonly back: () => Promise<void>;
}

/** It is asked more and more seldom while it is away: a second after a second, and at least twice a minute. */
const LEAST_MS = 1_000;
const MOST_MS = 30_000;

export function watchNode(given: Host, { log, now, note, back }: WatchParts): NodeWatch {
  let away: NodeAway | null = null;
  let began = 0;
  let asked = 0;

  async function failed(error: unknown): Promise<void> {
    if (!(error instanceof HostAway)) return;
    asked = performance.now();
    if (away !== null) return;
    began = asked;
    away = { since: now().toISOString(), why: error.message };
    log.warn('the node does not answer: it is waited for', { node: given.node, reason: error.message });
    await note(away).catch(() => {});
  }

  async function answered(): Promise<void> {
    if (away === null) return;
    away = null;
    log.info('the node answers again', {
      node: given.node,
      away: `${Math.round((performance.now() - began) / 1000)} s`,
    });
    await note(null).catch(() => {});
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
