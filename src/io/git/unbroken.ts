// Looks at an answer of a Git server as it goes by, packet by packet, and fails where it says that it breaks off, or just ends. The
// library takes a refusal, an error on side band 3 and an end in the middle for the end of the answer.

import { NoGit, NotGiven } from './errors.ts';

const ERROR_BAND = 3;
const LETTER_E = 0x45;
const MOST_SAID = 500;

/**
 * @param flushes that it must hold, the last of them at its end: two in a list of refs, one or more in an answer
 * @throws NoGit, NotGiven
 */
export async function* unbroken(body: AsyncIterable<Uint8Array>, flushes: number): AsyncGenerator<Uint8Array> {
  /** Of a packet that the bytes so far do not tell enough of. */
  let held: Buffer = Buffer.alloc(0);
  /** Bytes of the last packet that are still to come. */
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

/** Less than 4 where nothing follows. @param digits fewer than four as long as the others have not come */
function lengthOf(digits: Buffer): number {
  const text = digits.toString('latin1');
  if (!/^[0-9a-f]*$/i.test(text)) throw new NoGit();
  return text.length < 4 ? 4 : Number.parseInt(text, 16);
}

function failAsSaid(packet: Buffer): void {
  const text = packet.toString('utf8').trim();
  if (packet[0] === ERROR_BAND) throw new Error(`the server broke off: ${text.slice(1).trim().slice(0, MOST_SAID)}`);
  if (text.startsWith('ERR ')) throw new NotGiven(text.slice(4, 4 + MOST_SAID));
}
