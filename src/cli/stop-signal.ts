// When somebody asks the process to end.

export interface StopSignal extends Disposable {
  /** Resolves at the first SIGTERM or SIGINT. */
  readonly told: Promise<void>;
}

/**
 * Listens until it is disposed of, also after the first signal: execa, while it runs a program, ends this process at once by the same
 * signal when it finds that nobody else listens.
 */
export function listenForStop(): StopSignal {
  const { promise: told, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  return {
    told,
    [Symbol.dispose]() {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, stop);
    },
  };
}
