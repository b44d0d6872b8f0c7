// Manages the session of a connection: started with the first command, restarted after a loss, and not used for a while where the node offers none.
// Without a session, each command uses a separate ssh process.

import type { Session, SessionEnd } from './session.ts';

export interface ReconnectingSession {
  /** A session; how ssh ended where the node was unreachable; null while none is available. */
  take(): Promise<Session | SessionEnd | null>;
  close(): Promise<void>;
}

/** ssh's own exit code: the node was unreachable, so nothing is known about its abilities. */
const NOT_REACHED = 255;
/** Delay before a node that refused a session is tried again: its forced command may have been updated. */
const REFUSED_MS = 3_600_000;
/** Delay before a broken session is restarted. */
const BROKEN_MS = 60_000;
/** Idle time after which a session is closed, so that an unused connection can end. */
const IDLE_MS = 300_000;
/** Maximum age of a session, after which it is restarted with the scripts that the node has by then. */
const MAX_MS = 3_600_000;

export function isEnd(session: Session | SessionEnd): session is SessionEnd {
  return 'exit' in session;
}

/** @param missing called each time no session is available, with the node's message */
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
      // The connection was lost, or the remote side was idle: the next command starts a new one.
      if (exit === NOT_REACHED || exit === 0) return;
      notBefore = performance.now() + BROKEN_MS;
      missing(said);
    });
    return opened;
  }

  /** The session accepts no more commands, and ends when its pending ones have. */
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
      if (kept !== null && used - kept.began > MAX_MS) retire(kept.session);
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
      // A session that is starting is aborted, not waited for.
      closing.abort();
      closing = new AbortController();
      const all = [...retired, ...(kept === null ? [] : [kept.session])];
      kept = null;
      await Promise.all(all.map((each) => each.close()));
    },
  };
}
