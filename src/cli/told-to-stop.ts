// When somebody asks the process to end.

/**
 * Resolves at the first SIGTERM or SIGINT. The listeners stay: execa, while it runs a program, ends this process at once by the same
 * signal when it finds that nobody else listens.
 */
export function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
}
