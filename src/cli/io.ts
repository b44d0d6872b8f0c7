// What a command is given instead of the process: where its words go, and the environment.

export interface Io {
  /** The answer. With `--json` one document and nothing else. */
  readonly stdout: (text: string) => void;
  /** What people read beside it. */
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a person and resolves to the line that was typed, which is not shown where it is `hidden`; absent where nobody can be asked. */
  readonly ask?: (question: string, how?: { readonly hidden: boolean }) => Promise<string | null>;
  /** Which of the two is a terminal; neither when absent. */
  readonly terminal?: Terminal;
}

interface Terminal {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** As it is now, for a window may be resized; absent, or empty, where it does not say. */
  readonly size?: () => { readonly columns?: number; readonly rows?: number };
}

/** Of standard output; null where it is no terminal, and then nothing is wrapped. */
export function columnsOf({ terminal }: Io): number | null {
  return terminal?.stdout === true ? (terminal.size?.().columns ?? null) : null;
}

/** Colours only on a terminal, and not against the user's wish (https://no-color.org). */
export function colours({ env, terminal }: Io, stream: 'stdout' | 'stderr'): boolean {
  return terminal?.[stream] === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** The exit codes of every command. */
export const EXIT = { done: 0, no: 1, usage: 2, missing: 3, interrupted: 130 } as const;
