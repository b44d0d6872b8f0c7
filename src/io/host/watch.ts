// What ends a program that does not end by itself, wherever it runs: its time, whoever asked for it, and silence after its end.

import type { Program } from './program.ts';

type Cut = 'timed out' | 'aborted';

export interface Watch {
  /** Told of everything that it writes. */
  hear(chunk: Uint8Array): void;
  /** It has ended, though output may be under way. */
  exited(): void;
  /** Nothing more is done to it. Resolves, once it has been ended, to why it was. */
  stop(): Promise<Cut | undefined>;
}

/** For output that is still under way when the program has ended. Something that it left running may hold the pipe open for ever. */
export const LAST_OUTPUT_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function watchOver(
  { timeoutMs, signal, endElsewhere, over }: Pick<Program, 'timeoutMs' | 'signal' | 'endElsewhere' | 'over'>,
  act: {
    /** Ends it, and what it has started here. */
    readonly end: () => Promise<void> | void;
    /** It has ended: what is left of its output is not waited for. */
    readonly letGo: () => void;
  },
): Watch {
  let heard = 0;
  let cut: Cut | undefined;
  let ending: Promise<void> | undefined;
  const end = (why: Cut): void => {
    cut ??= why;
    ending ??= (endElsewhere?.() ?? Promise.resolve()).catch(() => {}).then(act.end);
  };
  const timer = setTimeout(() => end('timed out'), Math.min(timeoutMs, LONGEST_TIMER_MS));
  const onAbort = (): void => end('aborted');
  signal?.addEventListener('abort', onAbort, { once: true });
  const quiet = whenQuiet(() => heard, act.letGo);
  void over?.then(quiet.watch);
  return {
    hear(chunk) {
      heard += chunk.byteLength;
    },
    exited: quiet.watch,
    async stop() {
      clearTimeout(timer);
      quiet.stop();
      signal?.removeEventListener('abort', onAbort);
      await ending;
      return cut;
    },
  };
}

/** Once watched, calls back when nothing was heard for a while. After a busy moment of ours, what came meanwhile is read first. */
function whenQuiet(heard: () => number, then: () => void): { watch(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const watch = (): void => {
    if (stopped) return;
    clearTimeout(timer);
    const before = heard();
    timer = setTimeout(() => setImmediate(() => (heard() === before ? then() : watch())), LAST_OUTPUT_MS);
  };
  return {
    watch,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
