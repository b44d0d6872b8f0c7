// Checks a Git server's response packet by packet, and fails where it is aborted or truncated. The library would treat a refusal, an error on side
// band 3 and a truncation as the end of the response.

import { NoGit, NotGiven } from './errors.ts';

const ERROR_BAND = 3;
const LETTER_E = 0x45;
const MAX_SAID = 500;

/**
 * @param flushes required number of flush packets, the last one at the end: two in a list of refs, at least one in other responses
 * @throws NoGit, NotGiven
 */
export async function* unbroken(body: AsyncIterable<Uint8Array>, flushes: number): AsyncGenerator<Uint8Array> {
  /** Bytes of an incomplete packet header. */
  let held: Buffer = Buffer.alloc(0);
  /** Bytes of the current packet that are still missing. */
  let left = 0;
  let ended = false;
  let flushed = 0;
  let empty = true;

  function look(part: Buffer): void {
    const bytes = held.length === 0 ? part : Buffer.concat([held, part]);
    held = Buffer.alloc(0);
    let at = Math.min(left, bytes.length);
    left -= at;
    while (left === 0 && at < bytes.length) {
      const length = lengthOf(bytes.subarray(at, at + 4));
      ended = length < 4;
      const saying = ended ? undefined : bytes[at + 4];
      const needed = ended ? 4 : saying === ERROR_BAND || saying === LETTER_E ? length : 5;
      if (bytes.length - at < needed) {
        held = bytes.subarray(at);
        return;
      }
      if (ended) flushed += 1;
      if (needed === length) failAsSaid(bytes.subarray(at + 4, at + length));
      const next = at + Math.max(4, length);
      left = Math.max(0, next - bytes.length);
      at = next;
    }
  }

  for await (const part of body) {
    empty = false;
    look(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    yield part;
  }
  if (!ended || flushed < flushes)
    throw new Error(`the server broke off ${empty ? 'before it sent anything' : 'in the middle'}`);
}

/**
 * Less than 4 for a packet without content. @param digits fewer than four as long as the others are missing
 */
function lengthOf(digits: Buffer): number {
  const text = digits.toString('latin1');
  if (!/^[0-9a-f]*$/i.test(text)) throw new NoGit();
  return text.length < 4 ? 4 : Number.parseInt(text, 16);
}

function failAsSaid(packet: Buffer): void {
  const text = packet.toString('utf8').trim();
  if (packet[0] === ERROR_BAND) throw new Error(`the server broke off: ${text.slice(1).trim().slice(0, MAX_SAID)}`);
  if (text.startsWith('ERR ')) throw new NotGiven(text.slice(4, 4 + MAX_SAID));
}
