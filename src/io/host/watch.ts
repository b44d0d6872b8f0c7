// Decides when to end a program, wherever it runs: its time limit, an abort, or silence after its exit.

/** What ends a program. */
export interface Watched {
  /** In milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Called before the local processes are killed, to end what runs remotely on their behalf. */
  readonly endElsewhere?: () => Promise<void>;
  /** Resolves when the remote program has ended, though the local one may still be running. */
  readonly over?: Promise<void>;
}

type Cut = 'timed out' | 'aborted';

export interface Watch {
  /** Called with all its output. */
  hear(chunk: Uint8Array): void;
  /** Called when it has exited, though output may still arrive. */
  exited(): void;
  /** Stops watching. If the program was ended, resolves to the reason. */
  stop(): Promise<Cut | undefined>;
}

/** Time for remaining output after the program's exit. Something that it left running may hold the pipe open forever. */
export const LAST_OUTPUT_MS = 1_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

export function watchOver(
  { timeoutMs, signal, endElsewhere, over }: Watched,
  act: {
    /** Ends the program and what it has started here. */
    readonly end: () => Promise<void> | void;
    /** Called after its exit when remaining output is not waited for. */
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
  const timer = setTimeout(() => end('timed out'), Math.min(timeoutMs, MAX_TIMER_MS));
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

/** Calls back after a period of silence. If this process was blocked, pending output is read first. */
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
