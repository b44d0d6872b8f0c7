// A run as server-sent events: `run` with the whole run whenever it changed, `log` with new lines of a step's output, and
// `end` when it has ended. The event id says how far the logs were sent, so a reader that lost its connection goes on there;
// the run needs no place to go on from, since every `run` event holds all of it.

import { setTimeout as pause } from 'node:timers/promises';
import type { Response } from 'express';
import type { TargetId } from '../../model/ids.ts';
import type { Ledger, RunDetail } from '../../ports/ledger.ts';
import type { Clock } from '../../ports.ts';
import type { Changes } from './changes.ts';
import { runJson } from './run-json.ts';

/** Output of running steps is looked for this often; the run itself is pushed. */
const LOG_EVERY_MS = 1_000;
/** Every change sends the whole run: a large one is sent less often. */
const PAUSE_MS_PER_STEP = 0.5;
/** Below the idle limits of common proxies. */
const KEEP_ALIVE_MS = 15_000;
/** A reader that does not read is let go before it costs memory. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

/** Where a reader goes on. */
export interface From {
  /** What it got last; empty for the first time. */
  readonly lastEventId: string;
  /** Of what was printed before, with no last event: all of it, or none. */
  readonly logs: 'all' | 'new';
}

/** Offsets into the log of each target, written as `lxc/101=12,vm/1001=3`. */
type Cursor = Map<TargetId, number>;

export interface EventParts {
  readonly ledger: Pick<Ledger, 'run' | 'readLog'>;
  readonly changes: Pick<Changes, 'follow'>;
  readonly clock: Clock;
  /** Aborted when the door closes. */
  readonly closing: AbortSignal;
}

/**
 * Sends until the run has ended, the reader goes away or the door closes.
 *
 * @param first the run as it is now
 */
export async function sendEvents(parts: EventParts, response: Response, first: RunDetail, from: From): Promise<void> {
  const { ledger, changes, clock, closing } = parts;
  const cursor = parseCursor(from.lastEventId);
  const bell = doorbell();
  const stopFollowing = changes.follow(first.id, bell.ring);
  const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS);
  const gone = new AbortController();
  const stop = AbortSignal.any([closing, gone.signal]);
  stop.addEventListener('abort', bell.ring, { once: true });
  response.on('close', () => gone.abort());
  // Gone before anybody listened for it.
  if (response.socket === null || response.socket.destroyed) gone.abort();

  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  try {
    if (from.logs === 'new' && from.lastEventId === '') await skipLogs(ledger, first, cursor);
    const complete = new Set<TargetId>();
    let sent = '';
    let run: RunDetail | null = first;
    while (run !== null && !stop.aborted) {
      const data = JSON.stringify(runJson(run, clock));
      if (data !== sent) response.write(`event: run\ndata: ${data}\n\n`);
      sent = data;
      await sendLogs(ledger, response, run, cursor, complete);
      if (run.ended !== null) {
        response.write(`event: end\nid: ${writeCursor(cursor)}\ndata: ${data}\n\n`);
        break;
      }
      if (response.writableLength > MOST_UNREAD_BYTES) break;
      await bell.wait(LOG_EVERY_MS);
      await pause(Math.min(run.steps.length * PAUSE_MS_PER_STEP, LOG_EVERY_MS), undefined, { ref: false });
      if (!stop.aborted) run = await ledger.run(first.id);
    }
  } finally {
    clearInterval(keepAlive);
    stopFollowing();
    response.end();
  }
}

/** Puts the cursor behind every line there is. */
async function skipLogs(ledger: EventParts['ledger'], { id, steps }: RunDetail, cursor: Cursor): Promise<void> {
  const begun = steps.filter(({ started }) => started !== null);
  const ends = await Promise.all(begun.map(({ target }) => ledger.readLog(id, target, -1)));
  for (const [index, { target }] of begun.entries()) cursor.set(target, ends[index]?.next ?? 0);
}

/** @param complete steps whose output was sent to its end */
async function sendLogs(
  ledger: EventParts['ledger'],
  response: Response,
  run: RunDetail,
  cursor: Cursor,
  complete: Set<TargetId>,
): Promise<void> {
  for (const { target, started, outcome } of run.steps) {
    const over = outcome !== null && run.ended === null;
    if (started === null || (over && complete.has(target))) continue;
    const { lines, next } = await ledger.readLog(run.id, target, cursor.get(target) ?? 0);
    // A step that has ended prints no more, until it is begun again. At the end of the run all are looked at once more.
    if (over) complete.add(target);
    else complete.delete(target);
    if (lines.length === 0) continue;
    cursor.set(target, next);
    const data = JSON.stringify({ target, lines });
    response.write(`event: log\nid: ${writeCursor(cursor)}\ndata: ${data}\n\n`);
  }
}

function parseCursor(text: string): Cursor {
  const cursor: Cursor = new Map();
  for (const [, target, offset] of text.matchAll(/([a-z]+\/[\w.*-]+)=(\d{1,9})/g)) {
    cursor.set(target as TargetId, Number(offset));
  }
  return cursor;
}

function writeCursor(cursor: Cursor): string {
  return [...cursor].map(([target, offset]) => `${target}=${offset}`).join(',');
}

/** Wakes the one who waits; a ring while nobody waits is not lost. */
function doorbell(): { ring(): void; wait(ms: number): Promise<void> } {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(ms) {
      if (!rung) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, ms);
        await promise;
        clearTimeout(timer);
      }
      rung = false;
    },
  };
}
