// Renews the lease of a target while its step runs, and aborts the step when the lease is lost.

import type { Ledger } from '../../ports/ledger.ts';
import type { Lease } from '../../ports/steps.ts';

/** The work was aborted, or lost its lease: another worker goes on with it. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

export interface RenewedLease {
  /** Aborted when the lease was lost or Phoenix is stopping. */
  readonly signal: AbortSignal;
  /** Stops renewing; the lease itself is released by whoever took it. */
  stopRenewing(): void;
}

/** Renews every third of `ttlMs`. A lease that could not be renewed for `ttlMs`, because Redis is unreachable, counts as lost. */
export function renewLease(ledger: Ledger, lease: Lease, ttlMs: number, stopping: AbortSignal): RenewedLease {
  const lost = new AbortController();
  let lastRenewedAt = performance.now();
  const timer = setInterval(async () => {
    if (performance.now() - lastRenewedAt > ttlMs) return lost.abort();
    try {
      if (await ledger.renewLease(lease, ttlMs)) lastRenewedAt = performance.now();
      else lost.abort();
    } catch {
      // The next tick retries or gives up.
    }
  }, ttlMs / 3);
  return { signal: AbortSignal.any([lost.signal, stopping]), stopRenewing: () => clearInterval(timer) };
}
