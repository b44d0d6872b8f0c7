// The raw bytes of a request, with caps that hold before the bytes are in memory. What makes room when memory is short is whatever has
// been coming for the longest, never the newcomer: a forge sends in a moment, and whoever wants to be in the way does not.

import type { IncomingMessage } from 'node:http';

/** `dropped`: it was in the way of others. `too slow`: it did not arrive in time. `aborted`: the sender went away. */
export type Unread = 'too large' | 'too slow' | 'dropped' | 'aborted';

/** @param share what the sender shares its room with: its address */
export type ReadBody = (request: IncomingMessage, share: string) => Promise<Buffer | Unread>;

export interface BodyLimits {
  /** Of one body, in bytes: checked against the announced length, then while it streams. */
  readonly each: number;
  /** Of all bodies being read at one time, in bytes that have arrived: what is only announced takes no room. */
  readonly total: number;
  /** For one body to arrive, in milliseconds. */
  readonly within: number;
}

/** What Node keeps beside the bytes of one chunk: many small ones would else be free. */
const CHUNK_BYTES = 256;
/** The share of all room that is free after eviction, so that not every chunk evicts again. */
const FREE_AFTER = 0.1;

interface Body {
  readonly share: string;
  held: number;
  readonly end: (result: Buffer | Unread) => void;
}

/** What is left of a body that was given up is not kept: Node discards it once the answer is sent. */
export function bodyReader({ each, total, within }: BodyLimits): ReadBody {
  /** Oldest first. */
  const open = new Set<Body>();
  let held = 0;
  return (request, share) => {
    if (announcedLength(request) > each) return Promise.resolve('too large');
    const { promise, resolve } = Promise.withResolvers<Buffer | Unread>();
    let chunks: Buffer[] = [];
    let size = 0;
    const end = (result: Buffer | Unread) => {
      if (!open.delete(body)) return;
      clearTimeout(timer);
      held -= body.held;
      chunks = [];
      resolve(result);
    };
    const body: Body = { share, held: 0, end };
    const timer = setTimeout(() => end('too slow'), within);
    open.add(body);
    request.on('data', (chunk: Buffer) => {
      if (!open.has(body)) return;
      size += chunk.length;
      body.held += chunk.length + CHUNK_BYTES;
      held += chunk.length + CHUNK_BYTES;
      chunks.push(chunk);
      if (size > each) end('too large');
      if (held > total) {
        for (const other of inTheWay(open, total)) {
          if (held > total * (1 - FREE_AFTER)) other.end('dropped');
        }
      }
    });
    request.on('end', () => end(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('close', () => end('aborted'));
    request.on('error', () => end('aborted'));
    return promise;
  };
}

/** Lets a body pass that nobody will read, to tell when it ends. */
export function letPass(
  request: IncomingMessage,
  { each, within }: Omit<BodyLimits, 'total'>,
): Promise<'passed' | Unread> {
  const { promise, resolve } = Promise.withResolvers<'passed' | Unread>();
  const timer = setTimeout(() => resolve('too slow'), within);
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > each) resolve('too large');
  });
  request.on('end', () => resolve('passed'));
  request.on('close', () => resolve('aborted'));
  request.on('error', () => resolve('aborted'));
  return promise.finally(() => clearTimeout(timer));
}

/** In bytes; 0 when the request does not say, NaN never. */
export function announcedLength({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0) || 0;
}

/** Oldest first, those of an address that fills more than half of the room before all others. */
function inTheWay(open: ReadonlySet<Body>, total: number): readonly Body[] {
  const shares = Map.groupBy(open, ({ share }) => share);
  const heldBy = (bodies: readonly Body[]) => bodies.reduce((sum, { held }) => sum + held, 0);
  const greedy = [...shares.values()].find((bodies) => heldBy(bodies) > total / 2) ?? [];
  return [...greedy, ...open];
}
