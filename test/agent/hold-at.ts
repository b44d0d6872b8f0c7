// Pauses a command on a host of boxes, so that a test can act while a step runs.

import type { BoxHost } from '../support/host/boxes.ts';

export interface Gate {
  /** Resolves when the command is about to run. */
  readonly held: Promise<void>;
  /** Continues the command. */
  readonly open: () => void;
}

/** @param line the command as one line, `box start 101` */
export function holdAt(host: BoxHost, line: string): Gate {
  const { promise: held, resolve: reached } = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  host.before = async (each) => {
    if (each !== line) return;
    reached();
    await opened;
  };
  return { held, open };
}
