// Checks a Git server's response packet by packet, and fails where it is aborted or truncated. The library would treat a refusal, an error on side
// band 3 and a truncation as the end of the response.

import { NoGit, NotGiven } from '../errors.ts';

/** A packet begins with its length, in hexadecimal digits. */
const LENGTH_BYTES = 4;
const ERROR_BAND = 3;
const LETTER_E = 0x45;
const MAX_SAID = 500;

/**
 * Passes the response on part by part.
 *
 * @param flushes required number of flush packets, the last one at the end: two in a list of refs, at least one in other responses
 * @throws NoGit, NotGiven
 */
export async function* unbroken(body: AsyncIterable<Uint8Array>, flushes: number): AsyncGenerator<Uint8Array> {
  const packets = packetReader();
  let empty = true;
  for await (const part of body) {
    empty = false;
    packets.read(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    yield part;
  }
  if (!packets.endsWithFlush() || packets.flushes() < flushes)
    throw new Error(`the server broke off ${empty ? 'before it sent anything' : 'in the middle'}`);
}

/** Finds the packets in a response that arrives in parts; a packet may be spread over several. */
function packetReader() {
  /** The beginning of a packet that is not here yet as far as it has to be read. */
  let held: Buffer = Buffer.alloc(0);
  /** Bytes of the current packet that are still missing, and are not read. */
  let left = 0;
  let isFlush = false;
  let flushed = 0;

  /** Reads the packet that begins at `at`. Returns where the next one begins; null where the packet is not here as far as it has to be read. */
  function packetEnd(bytes: Buffer, at: number): number | null {
    const length = lengthOf(bytes.subarray(at, at + LENGTH_BYTES));
    isFlush = length < LENGTH_BYTES;
    const saysFailure = !isFlush && isFailure(bytes[at + LENGTH_BYTES]);
    const needed = isFlush ? LENGTH_BYTES : saysFailure ? length : LENGTH_BYTES + 1;
    if (bytes.length - at < needed) return null;
    if (isFlush) flushed += 1;
    if (needed === length) failAsSaid(bytes.subarray(at + LENGTH_BYTES, at + length));
    return at + Math.max(LENGTH_BYTES, length);
  }

  return {
    read(part: Buffer): void {
      const bytes = held.length === 0 ? part : Buffer.concat([held, part]);
      held = Buffer.alloc(0);
      let at = Math.min(left, bytes.length);
      left -= at;
      while (left === 0 && at < bytes.length) {
        const next = packetEnd(bytes, at);
        if (next === null) {
          held = bytes.subarray(at);
          return;
        }
        left = Math.max(0, next - bytes.length);
        at = next;
      }
    },
    /** Whether the last packet is one. */
    endsWithFlush: () => isFlush,
    flushes: () => flushed,
  };
}

/** Whether a packet with this first byte may report a failure, and so has to be read as a whole. */
function isFailure(first: number | undefined): boolean {
  return first === ERROR_BAND || first === LETTER_E;
}

/** The length of a packet; less than 4 for one without content. @param digits fewer than four as long as the others are missing */
function lengthOf(digits: Buffer): number {
  const text = digits.toString('latin1');
  if (!/^[0-9a-f]*$/i.test(text)) throw new NoGit();
  return text.length < LENGTH_BYTES ? LENGTH_BYTES : Number.parseInt(text, 16);
}

function failAsSaid(packet: Buffer): void {
  const text = packet.toString('utf8').trim();
  if (packet[0] === ERROR_BAND) throw new Error(`the server broke off: ${text.slice(1).trim().slice(0, MAX_SAID)}`);
  if (text.startsWith('ERR ')) throw new NotGiven(text.slice(4, 4 + MAX_SAID));
}
