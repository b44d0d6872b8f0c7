// What is said to a Git server to get objects, and what it answers: one request of the protocol in gitprotocol-pack(5), version 0, as
// every server speaks it.

/** History of any length: Git's own word for it. */
export const WHOLE = 0x7fffffff;

export interface Wish {
  /** Full ids of commits. */
  readonly wants: readonly string[];
  /** Commits that are here, with what they lead to down to those in `shallow`. */
  readonly haves: readonly string[];
  /** Commits whose parents are not here. */
  readonly shallow: readonly string[];
  /** Commits one after another from each wanted one; null: as far as what is here. */
  readonly depth: number | null;
}

export interface Answer {
  /** Commits whose parents are not sent. */
  readonly shallow: readonly string[];
  /** Fails with the server's own words where it breaks off. */
  readonly pack: AsyncIterable<Uint8Array>;
}

export interface Advertised {
  /** What each ref points to; a tag to what it was put on. */
  readonly byName: ReadonlyMap<string, string>;
  readonly capabilities: ReadonlySet<string>;
}

/** What answers there does not speak Git's protocol. */
export class NoGit extends Error {
  override readonly name = 'NoGit';
}

/** The server does not give out what was asked for, in its words. */
export class NotGiven extends Error {
  override readonly name = 'NotGiven';
}

const FLUSH = '0000';
const USED = ['side-band-64k', 'ofs-delta', 'no-progress'];

/** @param capabilities of the server */
export function askFor(
  { wants, haves, shallow, depth }: Wish,
  capabilities: ReadonlySet<string>,
): Uint8Array<ArrayBuffer> {
  const words = [...USED.filter((name) => capabilities.has(name)), 'agent=phoenix'].join(' ');
  const lines = [
    ...wants.map((id, n) => line(n === 0 ? `want ${id} ${words}` : `want ${id}`)),
    ...shallow.map((id) => line(`shallow ${id}`)),
    ...(depth === null ? [] : [line(`deepen ${depth}`)]),
    FLUSH,
    ...haves.map((id) => line(`have ${id}`)),
    line('done'),
  ];
  return new TextEncoder().encode(lines.join(''));
}

function line(text: string): string {
  return `${(text.length + 5).toString(16).padStart(4, '0')}${text}\n`;
}

/** The list of refs that a server begins with. @throws NoGit */
export async function readRefs(body: AsyncIterable<Uint8Array>): Promise<Advertised> {
  const reader = packetReader(body);
  const byName = new Map<string, string>();
  const capabilities = new Set<string>();
  const first = await reader.next();
  if (!(first instanceof Buffer) || !/^# service=git-upload-pack\n?$/.test(first.toString('latin1'))) throw new NoGit();
  await reader.next();
  for (;;) {
    const packet = await reader.next();
    if (packet === 'end') throw new Error('the server broke off in the list of its refs');
    if (packet === 'flush') return { byName, capabilities };
    const [text = '', words = ''] = packet.toString('utf8').replace(/\n$/, '').split('\0', 2);
    for (const word of words.split(' ')) if (word !== '') capabilities.add(word);
    const [, id, name, peeled] = /^([0-9a-f]{40,64}) (.+?)(\^\{\})?$/.exec(text) ?? [];
    if (id === undefined || name === undefined) {
      if (/^(shallow |version )/.test(text)) continue;
      throw new NoGit();
    }
    if (name !== 'capabilities' || peeled === undefined) byName.set(name, id);
  }
}

/** @throws NotGiven */
export async function readAnswer(body: AsyncIterable<Uint8Array>, capabilities: ReadonlySet<string>): Promise<Answer> {
  const reader = packetReader(body);
  const shallow: string[] = [];
  for (;;) {
    const packet = await reader.next();
    if (packet === 'end') throw new Error('the server broke off before it sent anything');
    if (packet === 'flush') continue;
    const text = packet.toString('utf8').trim();
    const [word, rest = ''] = text.split(/ (.*)/s, 2);
    if (word === 'shallow') shallow.push(rest);
    else if (word === 'ERR') throw new NotGiven(rest.slice(0, 500));
    else if (word === 'ACK' || word === 'NAK') break;
    else if (word !== 'unshallow') throw new Error(`the server answers ${JSON.stringify(text.slice(0, 200))}`);
  }
  return { shallow, pack: capabilities.has('side-band-64k') ? sideBand(reader) : reader.rest() };
}

/** Of each packet the first byte says what it is: a part of the pack, progress, or why the server breaks off. */
async function* sideBand(reader: PacketReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const packet = await reader.next();
    if (packet === 'flush') return;
    if (packet === 'end') throw new Error('the server broke off in the middle');
    const band = packet[0];
    if (band === 1) yield packet.subarray(1);
    else if (band === 3) throw new Error(`the server broke off: ${packet.toString('utf8', 1).trim().slice(0, 500)}`);
  }
}

interface PacketReader {
  next(): Promise<Buffer | 'flush' | 'end'>;
  /** What follows the last packet, as it is. */
  rest(): AsyncGenerator<Uint8Array>;
}

function packetReader(body: AsyncIterable<Uint8Array>): PacketReader {
  const parts = body[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  /** Undefined when the body ends before. */
  async function take(length: number): Promise<Buffer | undefined> {
    const more: Buffer[] = [held];
    let size = held.length;
    while (size < length) {
      const { value, done } = await parts.next();
      if (done) return undefined;
      const part = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      more.push(part);
      size += part.length;
    }
    if (more.length > 1) held = Buffer.concat(more);
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  }

  return {
    async next() {
      const prefix = await take(4);
      if (prefix === undefined) return 'end';
      const length = Number.parseInt(prefix.toString('latin1'), 16);
      if (!/^[0-9a-f]{4}$/i.test(prefix.toString('latin1'))) throw new NoGit();
      if (length < 4) return 'flush';
      return (await take(length - 4)) ?? 'end';
    },
    async *rest() {
      if (held.length > 0) yield held;
      for (let part = await parts.next(); !part.done; part = await parts.next()) yield part.value;
    },
  };
}
