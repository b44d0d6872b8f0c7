// Handles termination signals.

export interface StopSignal extends Disposable {
  /** Resolves at the first SIGTERM or SIGINT. */
  readonly received: Promise<void>;
}

/**
 * Keeps listening until disposed, even after the first signal: execa terminates this process with the same signal if there are no other listeners.
 */
export function listenForStop(): StopSignal {
  const { promise: received, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  return {
    received,
    [Symbol.dispose]() {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, stop);
    },
  };
}
