// Reads the raw bytes of a request, with limits that apply before the bytes are in memory. When memory is short, the slowest body is dropped, never
// the newest: a forge sends quickly, an attacker slowly.

import type { IncomingMessage } from 'node:http';

/** `dropped`: evicted to make room. `too slow`: it did not arrive in time. `aborted`: the sender disconnected. */
export type Unread = 'too large' | 'too slow' | 'dropped' | 'aborted';

/** @param share the client that the body's memory is attributed to: its address */
export type ReadBody = (request: IncomingMessage, share: string) => Promise<Buffer | Unread>;

export interface BodyLimits {
  /** Maximum of one body in bytes: checked against the announced length, then while it streams. */
  readonly each: number;
  /** Maximum of all bodies being read, in bytes that have arrived; announced bytes do not count. */
  readonly total: number;
  /** Time limit for one body, in milliseconds. */
  readonly within: number;
}

/** Node's overhead of one chunk in bytes, without which many small chunks would be free. */
const CHUNK_BYTES = 256;
/** The share of all room that is free after eviction, so that not every chunk evicts again. */
const FREE_AFTER = 0.1;

interface Body {
  readonly share: string;
  held: number;
  readonly end: (result: Buffer | Unread) => void;
}

/** The rest of a dropped body is not stored: Node discards it once the response is sent. */
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
        for (const other of evictionOrder(open, total)) {
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

/** Discards a body, to find out when it ends. */
export function discardBody(
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

/** In bytes; 0 when absent, never NaN. */
export function announcedLength({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0) || 0;
}

/** Bodies to evict: oldest first, and before all others those of an address that uses more than half of the room. */
function evictionOrder(open: ReadonlySet<Body>, total: number): readonly Body[] {
  const shares = Map.groupBy(open, ({ share }) => share);
  const heldBy = (bodies: readonly Body[]) => bodies.reduce((sum, { held }) => sum + held, 0);
  const greedy = [...shares.values()].find((bodies) => heldBy(bodies) > total / 2) ?? [];
  return [...greedy, ...open];
}
