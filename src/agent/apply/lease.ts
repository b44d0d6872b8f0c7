// Holding on to the lease of a target while its step runs, and letting go of everything when it is lost.

import type { Lease, Ledger } from '../../ports/ledger.ts';

/** The work was told to stop, or lost its lease: it leaves the rest to whoever comes next. */
export class Aborted extends Error {
  override readonly name = 'Stopped';
}

export interface KeptLease {
  /** Aborted when the lease was lost or Phoenix is stopping. */
  readonly signal: AbortSignal;
  end(): void;
}

/** Renews the lease three times in its life. Redis being away for as long as it lives means that it is lost. */
export function keepLease(ledger: Ledger, lease: Lease, ttlMs: number, stopping: AbortSignal): KeptLease {
  const lost = new AbortController();
  let last = performance.now();
  const timer = setInterval(async () => {
    if (performance.now() - last > ttlMs) return lost.abort();
    try {
      if (await ledger.renewLease(lease, ttlMs)) last = performance.now();
      else lost.abort();
    } catch {
      // The next tick tries again, or gives up.
    }
  }, ttlMs / 3);
  return { signal: AbortSignal.any([lost.signal, stopping]), end: () => clearInterval(timer) };
}
