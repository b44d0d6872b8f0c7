// The wire format of a session over SSH: frames of a kind, a request number, a length and that many bytes. Pure. To the node: `r` is a request
// (standard input and then its words, each preceded by its length), `d` cancels one. From the node: `o` and `e` are chunks of its output and errors,
// `x` its exit code while something still holds its output open, `z` its exit code as its end.

/** Size of the header: kind, request number and length. */
export const HEAD_BYTES = 9;
/** Maximum size of a request with its words and standard input. A larger one uses a separate connection. */
export const MAX_FRAME_LENGTH = 256 * 1024;
/** Maximum size of output in one frame. */
export const PIECE_BYTES = 64 * 1024;
/** Maximum number of concurrent commands of one session. Further ones use separate connections. */
export const MAX_CONCURRENT = 32;
/** Idle time after which the node ends the session. The agent ends it sooner. */
export const IDLE_SECONDS = 900;

const KINDS = { o: 'output', e: 'errors', x: 'exited', z: 'ended' } as const;

export interface Frame {
  readonly kind: (typeof KINDS)[keyof typeof KINDS];
  readonly id: number;
  readonly bytes: Buffer;
}

/** Null where it is too large for a session. Fails for a NUL character, which no argument can contain. */
export function encodeRequest(id: number, words: readonly string[], input: Uint8Array | undefined): Buffer | null {
  if (words.some((word) => word.includes('\0'))) throw new Error('an argument holds a NUL character');
  const given = input ?? new Uint8Array();
  if (given.byteLength > MAX_FRAME_LENGTH) return null;
  const parts = [given, ...words.map((word) => Buffer.from(word))].flatMap((part) => [uint32(part.byteLength), part]);
  const body = Buffer.concat(parts);
  return body.length > MAX_FRAME_LENGTH ? null : Buffer.concat([head('r', id, body.length), body]);
}

export function encodeDrop(id: number): Buffer {
  return head('d', id, 0);
}

/**
 * Splits the node's output into frames, however it is chunked. Fails for invalid data, after which nothing can be
 * interpreted.
 */
export function readFrames(take: (frame: Frame) => void): (chunk: Uint8Array) => void {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    let from = 0;
    while (held.length - from >= HEAD_BYTES) {
      const kind = kindOf(String.fromCharCode(held.readUInt8(from)));
      const size = held.readUInt32BE(from + 5);
      const isCode = kind === 'exited' || kind === 'ended';
      if (kind === undefined || size > PIECE_BYTES || (isCode && size !== 4)) {
        throw new Error('the node sent what is no part of a session');
      }
      const end = from + HEAD_BYTES + size;
      if (held.length < end) break;
      take({ kind, id: held.readUInt32BE(from + 1), bytes: held.subarray(from + HEAD_BYTES, end) });
      from = end;
    }
    held = held.subarray(from);
  };
}

function kindOf(letter: string): Frame['kind'] | undefined {
  return Object.hasOwn(KINDS, letter) ? KINDS[letter as keyof typeof KINDS] : undefined;
}

function head(kind: 'r' | 'd', id: number, size: number): Buffer {
  return Buffer.concat([Buffer.from(kind), uint32(id), uint32(size)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
