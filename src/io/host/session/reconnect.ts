// The session of a connection that is kept open: begun with the first command, begun again when it was lost, left alone for a while
// where the node has none to give. Without one, each command goes by an ssh program of its own.

import type { Session, SessionEnd } from './session.ts';

export interface ReconnectingSession {
  /** A session; how ssh ended where the node could not be reached; null while there is none to be had. */
  take(): Promise<Session | SessionEnd | null>;
  close(): Promise<void>;
}

/** ssh's own exit code: the node was not reached, and nothing is known of what it could do. */
const NOT_REACHED = 255;
/** Before a node that refused a session is asked again: its forced command may have been brought up to date. */
const REFUSED_MS = 3_600_000;
/** Before one that broke off is begun again. */
const BROKEN_MS = 60_000;
/** Without a command. A connection that nobody uses then ends by itself. */
const IDLE_MS = 300_000;
/** A session is begun afresh after this time, with what lies on the node by then. */
const LONGEST_MS = 3_600_000;

export function isEnd(session: Session | SessionEnd): session is SessionEnd {
  return 'exit' in session;
}

/** @param missing told each time that there is none, with what the node said */
export function reconnecting(
  open: (signal: AbortSignal) => Promise<Session | SessionEnd>,
  missing: (said: string) => void,
): ReconnectingSession {
  let kept: { readonly session: Session; readonly began: number } | null = null;
  let opening: Promise<Session | SessionEnd | null> | undefined;
  let notBefore = 0;
  let idle: NodeJS.Timeout | undefined;
  let closing = new AbortController();
  const retired = new Set<Session>();

  async function begin({ signal }: AbortController): Promise<Session | SessionEnd | null> {
    const opened = await open(signal);
    if (signal.aborted) return null;
    if (isEnd(opened)) {
      if (opened.exit === NOT_REACHED) return opened;
      notBefore = performance.now() + (opened.exit === null ? BROKEN_MS : REFUSED_MS);
      missing(opened.said);
      return null;
    }
    kept = { session: opened, began: performance.now() };
    void opened.over.then(({ exit, said }) => {
      retired.delete(opened);
      if (kept?.session !== opened) return;
      kept = null;
      // The connection was lost, or the far side had nothing to do: the next command begins one.
      if (exit === NOT_REACHED || exit === 0) return;
      notBefore = performance.now() + BROKEN_MS;
      missing(said);
    });
    return opened;
  }

  /** It takes no more, and ends with what it has. */
  function retire(session: Session): void {
    kept = null;
    retired.add(session);
    sweep();
  }

  function sweep(): void {
    for (const each of retired) if (each.pending() === 0) void each.close();
  }

  function watchIdle(): void {
    idle ??= setInterval(() => {
      sweep();
      if (kept === null || kept.session.pending() > 0) return;
      if (performance.now() - used > IDLE_MS) retire(kept.session);
    }, IDLE_MS / 5).unref();
  }

  let used = 0;
  return {
    async take() {
      used = performance.now();
      if (kept !== null && used - kept.began > LONGEST_MS) retire(kept.session);
      if (kept !== null) return kept.session;
      if (opening !== undefined) return opening;
      if (used < notBefore) return null;
      watchIdle();
      opening = begin(closing).finally(() => {
        opening = undefined;
      });
      return opening;
    },
    async close() {
      clearInterval(idle);
      idle = undefined;
      // One that begins is not waited for: it ends by itself.
      closing.abort();
      closing = new AbortController();
      const all = [...retired, ...(kept === null ? [] : [kept.session])];
      kept = null;
      await Promise.all(all.map((each) => each.close()));
    },
  };
}
