// A run as server-sent events: `run` with the whole run, first and whenever something of the run itself changed; `step` with each changed step; `log`
// with new lines of a step's output; and `end` with the whole run when it has ended. The event id says how far the logs were sent, so that a reader
// continues there after a lost connection; the run itself is sent again.

import { setTimeout as pause } from 'node:timers/promises';
import type { Response } from 'express';
import type { TargetId } from '../../model/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { RunDetail } from '../../ports/runs.ts';
import { changeSignal } from './change-signal.ts';
import type { Changes } from './changes.ts';
import { type Cursor, parseCursor, writeCursor } from './event-cursor.ts';
import { type Holds, mayWait, runJson } from './run-json.ts';

/** Poll interval for output of running steps; changes are pushed. */
const LOG_EVERY_MS = 1_000;
/** Changes within this time are read together. */
const GATHER_MS = 50;
/** Large runs are sent less often. */
const PAUSE_MS_PER_STEP = 0.5;
/** A notification may be lost with a connection to Redis, so the whole run is read at this interval. */
const LOOK_AT_ALL_MS = 10_000;
/** Above this number of changed steps, the whole run is read. */
const MAX_STEPS_READ = 100;
/** Below the idle timeouts of common proxies. */
const KEEP_ALIVE_MS = 15_000;
/** A client that does not read is disconnected at this backlog. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Where a reader continues. */
export interface From {
  /** The last event id that it received; empty for a new reader. */
  readonly lastEventId: string;
  /** Whether a new reader gets earlier output. */
  readonly logs: 'all' | 'new';
}

export interface EventDeps {
  readonly ledger: Pick<Ledger, 'run' | 'runStep' | 'readLog' | 'frozen'>;
  readonly changes: Pick<Changes, 'follow'>;
  readonly clock: Clock;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

/**
 * Sends events until the run has ended, the reader disconnects or the server closes.
 *
 * @param first the run as it is now
 */
export async function sendEvents(parts: EventDeps, response: Response, first: RunDetail, from: From): Promise<void> {
  const { ledger, changes, closing } = parts;
  const cursor = parseCursor(from.lastEventId, first);
  const signal = changeSignal();
  const stopFollowing = changes.follow(first.id, signal.notify);
  const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS);
  const stop = AbortSignal.any([closing, disconnected(response)]);
  stop.addEventListener('abort', () => signal.notify(null), { once: true });

  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  try {
    if (from.logs === 'new' && from.lastEventId === '') await skipLogs(ledger, first, cursor);
    await sendUntilEnd(parts, first, { response, cursor, signal, stop });
  } finally {
    clearInterval(keepAlive);
    stopFollowing();
    response.end();
  }
}

/** Aborted once the reader has disconnected. */
function disconnected(response: Response): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  // The client disconnected before a listener was attached.
  if (response.socket === null || response.socket.destroyed) gone.abort();
  return gone.signal;
}

/** One reader of a run. */
interface Stream {
  readonly response: Response;
  /** How far the logs were sent. */
  readonly cursor: Cursor;
  readonly signal: ReturnType<typeof changeSignal>;
  /** Aborted when the reader disconnects or the server closes. */
  readonly stop: AbortSignal;
}

/** Sends what is new, waits for changes, reads them, and begins again. */
async function sendUntilEnd(
  { ledger, clock }: EventDeps,
  first: RunDetail,
  { response, cursor, signal, stop }: Stream,
): Promise<void> {
  const sender = changeSender(response);
  const holdsOf = async (run: RunDetail) => ({ clock, frozen: mayWait(run) ? await ledger.frozen() : null });
  let places = placesOf(first);
  let run: RunDetail | null = first;
  const takeChanges = changesOrDue(signal);
  let isWhole = sender.run(run, await holdsOf(run));
  while (run !== null && !stop.aborted) {
    await sendNewLines(ledger, response, run, cursor, places);
    if (run.ended !== null)
      return sendEvent(response, 'end', writeCursor(cursor, places), runJson(run, await holdsOf(run)));
    if (response.writableLength > MAX_UNREAD_BYTES) return;
    await signal.wait(LOG_EVERY_MS);
    await pause(isWhole ? gatherMs(run) : GATHER_MS, undefined, { ref: false });
    if (stop.aborted) return;
    const changed = takeChanges();
    run = await nextState(ledger, run, changed, places);
    if (run === null || run.ended !== null) continue;
    // The run was planned meanwhile.
    if (run.steps.length !== places.size) places = placesOf(run);
    isWhole = sender.run(run, await holdsOf(run), typeof changed === 'string' ? undefined : changed);
  }
}

/** @returns a function for what changed since its last call; `due` when the whole run was not read for a while */
function changesOrDue(signal: ReturnType<typeof changeSignal>): () => ReadonlySet<TargetId> | 'all' | 'due' {
  let lookedAt = performance.now();
  return () => {
    const changed = signal.take();
    const isDue = performance.now() - lookedAt > LOOK_AT_ALL_MS;
    if (isDue || isMany(changed)) lookedAt = performance.now();
    return isDue ? 'due' : changed;
  };
}

/** Sends the new output of every step, each with how far the output was sent. */
async function sendNewLines(
  ledger: EventDeps['ledger'],
  response: Response,
  run: RunDetail,
  cursor: Cursor,
  places: ReadonlyMap<TargetId, number>,
): Promise<void> {
  for await (const [target, lines] of newLines(ledger, run, cursor))
    sendEvent(response, 'log', writeCursor(cursor, places), { target, lines });
}

function sendEvent(response: Response, event: string, id: string, data: unknown): void {
  response.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** How long changes of the whole run are gathered. */
function gatherMs({ steps }: RunDetail): number {
  return Math.min(Math.max(GATHER_MS, steps.length * PAUSE_MS_PER_STEP), LOG_EVERY_MS);
}

function isMany(changed: ReadonlySet<TargetId> | 'all'): boolean {
  return changed === 'all' || changed.size > MAX_STEPS_READ;
}

/** The run as it is now: the changed steps alone are read where they are few. @param changed `due`: the whole run is to be read again */
async function nextState(
  ledger: EventDeps['ledger'],
  run: RunDetail,
  changed: ReadonlySet<TargetId> | 'all' | 'due',
  places: ReadonlyMap<TargetId, number>,
): Promise<RunDetail | null> {
  if (changed === 'due' || isMany(changed) || changed === 'all') return ledger.run(run.id);
  const next = await withSteps(ledger, run, changed, places);
  // What is sent last is the whole run.
  return next?.ended == null ? next : ledger.run(run.id);
}

/** Sends what differs from what was sent before. */
function changeSender(response: Response) {
  let head = '';
  const steps = new Map<TargetId, string>();
  return {
    /** Returns whether the whole run was sent. @param among the steps that may have changed; absent: any */
    run(run: RunDetail, holds: Holds, among?: ReadonlySet<TargetId>): boolean {
      const json = runJson(run, holds);
      const now = JSON.stringify({ ...json, steps: json.steps.length });
      const looked = among === undefined ? json.steps : json.steps.filter(({ target }) => among.has(target));
      const changed = looked.flatMap((step) => {
        const text = JSON.stringify(step);
        return steps.get(step.target) === text ? [] : [[step.target, text] as const];
      });
      for (const [target, text] of changed) steps.set(target, text);
      const isNew = now !== head;
      head = now;
      if (isNew) response.write(`event: run\ndata: ${JSON.stringify(json)}\n\n`);
      else for (const [, text] of changed) response.write(`event: step\ndata: ${text}\n\n`);
      return isNew;
    },
  };
}

function placesOf({ steps }: RunDetail): Map<TargetId, number> {
  return new Map(steps.map(({ target }, place) => [target, place]));
}

/** The run with the current state of these steps. Null when it no longer exists. */
async function withSteps(
  ledger: EventDeps['ledger'],
  run: RunDetail,
  targets: ReadonlySet<TargetId>,
  places: ReadonlyMap<TargetId, number>,
): Promise<RunDetail | null> {
  if (targets.size === 0) return run;
  const read = await Promise.all([...targets].map((target) => ledger.runStep(run.id, target)));
  const last = read.at(-1);
  if (last == null) return null;
  const steps = [...run.steps];
  for (const step of read.flatMap((each) => each?.steps ?? [])) {
    const place = places.get(step.target);
    if (place !== undefined) steps[place] = step;
  }
  const { state, started, ended, supersededBy } = last;
  return { ...run, state, started, ended, supersededBy, steps };
}

/** Moves the cursor past all existing lines. */
async function skipLogs(ledger: EventDeps['ledger'], { id, steps }: RunDetail, cursor: Cursor): Promise<void> {
  const begun = steps.filter(({ started }) => started !== null);
  const ends = await Promise.all(begun.map(({ target }) => ledger.readLog(id, target, -1)));
  for (const [index, { target }] of begun.entries()) cursor.offsets.set(target, ends[index]?.next ?? 0);
}

/** The new output of each step, with the cursor moved past it. */
async function* newLines(
  ledger: EventDeps['ledger'],
  run: RunDetail,
  { offsets, complete }: Cursor,
): AsyncGenerator<readonly [TargetId, readonly string[]]> {
  for (const { target, started, outcome } of run.steps) {
    const over = outcome !== null;
    if (started === null || (over && complete.has(target))) continue;
    const { lines, next } = await ledger.readLog(run.id, target, offsets.get(target) ?? 0);
    // A step that has ended prints nothing more unless it is restarted.
    if (over) complete.add(target);
    else complete.delete(target);
    if (lines.length === 0) continue;
    offsets.set(target, next);
    yield [target, lines];
  }
}
