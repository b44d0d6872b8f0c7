// Tells one waiting reader of a run which steps have changed since it last asked.

import type { TargetId } from '../../model/ids.ts';

/** Wakes a single waiter; a signal while nobody waits is remembered. */
export function doorbell() {
  let rung: Set<TargetId> | 'all' | null = null;
  let wake: (() => void) | undefined;
  return {
    /** @param target null: something other than a single step changed */
    ring(target: TargetId | null): void {
      if (target === null) rung = 'all';
      else if (rung === null) rung = new Set([target]);
      else if (rung !== 'all') rung.add(target);
      wake?.();
    },
    async wait(ms: number): Promise<void> {
      if (rung !== null) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    },
    /** What has changed since the last call. */
    heard(): ReadonlySet<TargetId> | 'all' {
      const heard = rung ?? new Set<TargetId>();
      rung = null;
      return heard;
    },
  };
}
