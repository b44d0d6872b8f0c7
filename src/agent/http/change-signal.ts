// Tells one waiting reader of a run which steps have changed since it last asked.

import type { TargetId } from '../../model/ids.ts';

/** Wakes a single waiter; a signal while nobody waits is remembered. */
export function changeSignal() {
  let changed: Set<TargetId> | 'all' | null = null;
  let wake: (() => void) | undefined;
  return {
    /** @param target null: something other than a single step changed */
    notify(target: TargetId | null): void {
      if (target === null) changed = 'all';
      else if (changed === null) changed = new Set([target]);
      else if (changed !== 'all') changed.add(target);
      wake?.();
    },
    async wait(ms: number): Promise<void> {
      if (changed !== null) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    },
    /** What has changed since the last call. */
    take(): ReadonlySet<TargetId> | 'all' {
      const all = changed ?? new Set<TargetId>();
      changed = null;
      return all;
    },
  };
}
