// The remote side of a session as a process: invalid input ends it, and nothing of it is run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM_PATH } from '../../../../src/io/host/local.ts';
import { quote } from '../../../../src/io/host/quote.ts';
import { encodeDrop, encodeRequest, type Frame, readFrames } from '../../../../src/io/host/session/frames.ts';
import { RUN, SESSION } from '../../../../src/io/host/ssh-scripts.ts';
import { phoenixShell } from '../../../support/host/phoenix-shell.ts';
import { until } from '../../../support/until.ts';

const MARK = `phoenix-${'0a'.repeat(12)}`;
const GREETING = `\n${MARK} session 1\n`;

let folder: string;
let ends: (() => void)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-session-'));
  ends = [];
});
afterEach(async () => {
  for (const end of ends) end();
  await rm(folder, { recursive: true, force: true });
});

function serve(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, { env: { PATH: SYSTEM_PATH, ...env } });
  ends.push(() => child.kill('SIGKILL'));
  const frames: Frame[] = [];
  const heard = { greeting: '', errors: '' };
  const read = readFrames((frame) => frames.push({ ...frame, bytes: Buffer.from(frame.bytes) }));
  child.stdout.on('data', (chunk: Buffer) => {
    const missing = GREETING.length - heard.greeting.length;
    heard.greeting += chunk.toString('latin1', 0, Math.min(missing, chunk.length));
    if (chunk.length > missing) read(chunk.subarray(missing));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    heard.errors += chunk.toString();
  });
  child.stdin.on('error', () => {});
  const over = once(child, 'close');
  const text = (id: number, kind: Frame['kind']) =>
    frames
      .filter((frame) => frame.id === id && frame.kind === kind)
      .map(({ bytes }) => bytes.toString())
      .join('');
  return {
    send: (bytes: Uint8Array) => child.stdin.write(bytes),
    ask: (id: number, words: readonly string[], input?: Uint8Array) =>
      child.stdin.write(encodeRequest(id, words, input) ?? Buffer.alloc(0)),
    end: () => child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
    frames,
    output: (id: number) => text(id, 'output'),
    errors: (id: number) => text(id, 'errors'),
    said: () => heard.errors,
    async greeted() {
      await until(() => heard.greeting === GREETING, 'the greeting');
    },
    async ended(id: number): Promise<number> {
      const find = () => frames.find((frame) => frame.id === id && frame.kind === 'ended');
      await until(() => find() !== undefined, `request ${id} to end`);
      return find()?.bytes.readUInt32BE() ?? Number.NaN;
    },
    async over(): Promise<number | null> {
      await over;
      return child.exitCode;
    },
  };
}

const open = () => serve('sh', ['-c', SESSION, 'phoenix', MARK]);
const sh = (text: string, ...args: readonly string[]) => [text, 'sh', ...args];

test('several at once come to their ends in their own order, each with its output, errors, input and code', async () => {
  const session = open();
  await session.greeted();
  await writeFile(join(folder, 'held'), '');
  session.ask(1, sh('while [ -e "$1/held" ]; do sleep 0.02; done; cat; exit 3', folder), Buffer.from('first'));
  session.ask(2, sh('printf %s "$1"; echo wrong >&2; exit 7', "it's $HOME\n'"));
  expect(await session.ended(2)).toBe(7);
  expect([session.output(2), session.errors(2)]).toEqual(["it's $HOME\n'", 'wrong\n']);
  await rm(join(folder, 'held'));
  expect([await session.ended(1), session.output(1)]).toEqual([3, 'first']);
  session.ask(3, sh('kill -9 $$'));
  expect(await session.ended(3)).toBe(137);
  session.end();
  expect(await session.over()).toBe(0);
});

test('an input larger than a pipe arrives completely, even if it is not read at first', async () => {
  const session = open();
  const input = Buffer.alloc(200_000, 'phoenix ');
  session.ask(1, sh('sleep 0.1; cat'), input);
  session.ask(2, sh('exit 0'), input);
  expect([await session.ended(1), await session.ended(2)]).toEqual([0, 0]);
  expect(session.output(1)).toBe(input.toString());
});

test('each leads a session of its own', async () => {
  const session = open();
  for (const id of [1, 2]) session.ask(id, sh('echo $$; cut -d " " -f 5,6 /proc/$$/stat'));
  for (const id of [1, 2]) {
    await session.ended(id);
    const [pid, group] = session.output(id).trim().split('\n');
    expect(group).toBe(`${pid} ${pid}`);
  }
});

test('a background process keeps the output open, and the end of the command is reported nevertheless', async () => {
  const session = open();
  session.ask(1, sh('sleep 60 & echo $!; exit 4'));
  await until(() => session.frames.some(({ kind }) => kind === 'exited'), 'its exit');
  expect(session.frames.at(-1)).toMatchObject({ kind: 'exited', bytes: Buffer.from([0, 0, 0, 4]) });
  session.send(encodeDrop(1));
  session.ask(2, sh('echo next'));
  expect(await session.ended(2)).toBe(0);
  process.kill(Number(session.output(1)));
});

test('a node without free file descriptors has not started it, and the session continues', async () => {
  const session = serve('sh', ['-c', `ulimit -n 14\n${SESSION}`, 'phoenix', MARK]);
  await writeFile(join(folder, 'held'), '');
  const held = sh('while [ -e "$1/held" ]; do sleep 0.02; done; echo end', folder);
  for (const id of [1, 2, 3, 4, 5, 6]) session.ask(id, held);
  expect(await session.ended(6)).toBe(126);
  expect(session.errors(6)).toMatch(/^phoenix-session: pipe: Too many open files\n$/);
  await rm(join(folder, 'held'));
  expect([await session.ended(1), session.output(1)]).toEqual([0, 'end\n']);
});

test('a command continues after the end of the session, and nothing that it does is lost', async () => {
  const session = open();
  session.ask(1, sh('trap "" PIPE; echo up; while [ ! -e "$1/go" ]; do sleep 0.02; done; echo done >"$1/did"', folder));
  await until(() => session.output(1) === 'up\n', 'it to begin');
  session.kill();
  await session.over();
  await writeFile(join(folder, 'go'), '');
  const did = () => readFile(join(folder, 'did'), 'utf8').catch(() => '');
  await until(async () => (await did()) === 'done\n', 'it to end');
});

describe('what is no request ends the session, and is not run', () => {
  const writes = () => sh('echo ran >"$1/ran"', folder);
  const request = (id = 1) => encodeRequest(id, writes(), undefined) ?? Buffer.alloc(0);
  const changed = (at: number, value: number): Buffer => {
    const bytes = request();
    bytes.writeUInt32BE(value, at);
    return bytes;
  };
  /** A request of these bytes. */
  const raw = (...parts: readonly Buffer[]): Buffer => {
    const body = Buffer.concat(parts);
    const head = Buffer.from('r........');
    head.writeUInt32BE(1, 1);
    head.writeUInt32BE(body.length, 5);
    return Buffer.concat([head, body]);
  };
  const part = (text: string): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(text.length);
    return Buffer.concat([size, Buffer.from(text)]);
  };

  test.each<[string, () => Buffer, RegExp]>([
    ['text', () => Buffer.from('GET / HTTP/1.1\r\n\r\n'), /a frame is none of Phoenix/],
    ['a shell', () => Buffer.from('sh -c "id"\nsh -c "id"\n'), /a frame is none of Phoenix/],
    ['a frame that says it is longer than any', () => changed(5, 0x7fffffff), /a frame is none of Phoenix/],
    ['a word that says it is longer than what is there', () => changed(13, 0xffff), /cut short/],
    ['an input that is longer than the request', () => changed(9, 0xffffff), /cut short/],
    ['no words', () => raw(part('')), /cut short/],
    ['nothing', () => raw(), /cut short/],
    ['half a length', () => raw(part(''), part('echo ran'), Buffer.from([0, 0])), /cut short/],
    [
      'a NUL character, which would end a word for the program and not for the table',
      () => raw(part(''), part('echo ran >"$1/ran"'), part('sh'), part(`${folder}\0x`)),
      /NUL/,
    ],
    ['a drop with something in it', () => Buffer.from('d\0\0\0\x01\0\0\0\x01x'), /a frame is none of Phoenix/],
  ])('%s', async (_what, bytes, why) => {
    const session = open();
    await session.greeted();
    session.send(bytes());
    expect(await session.over()).toBe(65);
    expect(session.said()).toMatch(why);
    await expect(readFile(join(folder, 'ran'))).rejects.toThrow('ENOENT');
  });

  test('half a request, and then the end', async () => {
    const session = open();
    await session.greeted();
    session.send(request().subarray(0, -1));
    session.end();
    expect(await session.over()).toBe(0);
    await expect(readFile(join(folder, 'ran'))).rejects.toThrow('ENOENT');
  });

  test('a number that is in use', async () => {
    const session = open();
    session.ask(1, sh('sleep 60'));
    session.send(request(1));
    expect(await session.over()).toBe(65);
    await expect(readFile(join(folder, 'ran'))).rejects.toThrow('ENOENT');
  });

  test('more at once than it accepts', async () => {
    const session = open();
    await writeFile(join(folder, 'held'), '');
    for (let id = 1; id <= 32; id += 1) session.ask(id, sh('while [ -e "$1/held" ]; do sleep 0.1; done', folder));
    session.send(request(33));
    expect(await session.over()).toBe(65);
    expect(session.said()).toContain('too many requests at once');
    await rm(join(folder, 'held'));
    await expect(readFile(join(folder, 'ran'))).rejects.toThrow('ENOENT');
  });
});

describe('behind the forced command', () => {
  const from = { SSH_CONNECTION: '192.0.2.1 5 192.0.2.2 22' };
  /** The journal is a file. */
  const path = () => `${folder}/bin:${SYSTEM_PATH}`;
  const asked = () => `exec sh -c ${[SESSION, 'phoenix', MARK, path()].map(quote).join(' ')}`;
  const words = (...args: readonly string[]) => [RUN, 'phoenix', MARK, path(), ...args];
  const journal = () => readFile(join(folder, 'log'), 'utf8');
  beforeEach(async () => {
    await mkdir(join(folder, 'bin'));
    const logger = `#!/bin/sh\nprintf '%s\\n' "$*" >>'${folder}/log'\n`;
    await writeFile(join(folder, 'bin/logger'), logger, { mode: 0o755 });
  });

  const begin = (shell: string, line = asked()) =>
    serve(shell, ['--path', path()], { ...from, SSH_ORIGINAL_COMMAND: line });

  test('each request is judged as a command alone', async () => {
    const session = begin(await phoenixShell(join(folder, 'shell'), ['printf']));
    await session.greeted();
    session.ask(1, words('printf', '%s', "it's"));
    session.ask(2, words('id'));
    session.ask(3, ['id', 'phoenix', MARK, path(), 'printf']);
    session.ask(4, [`${RUN}id\n`, 'phoenix', MARK, path(), 'printf']);
    session.ask(5, [RUN, 'sh', MARK, path(), 'printf', 'x']);
    session.ask(6, [RUN, 'phoenix', MARK, `/tmp:${path()}`, 'printf', 'x']);
    session.ask(7, ['id']);
    session.ask(8, [SESSION, 'phoenix', MARK, path()]);
    session.ask(9, words('printenv', 'SSH_CONNECTION'));
    expect([await session.ended(1), session.output(1)]).toEqual([0, "it's"]);
    for (const id of [2, 3, 4, 5, 6, 7, 8]) {
      expect([await session.ended(id), session.output(id)]).toEqual([126, '']);
      expect(session.errors(id)).toMatch(/^phoenix-shell: refused: .+\n$/);
    }
    expect([await session.ended(9), session.output(9)]).toEqual([0, '192.0.2.1 5 192.0.2.2 22\n']);
    session.end();
    expect(await session.over()).toBe(0);
    const lines = (await journal()).trim().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines).toContain(
      "-t phoenix-shell -p auth.warning -- refused: it is no command of Phoenix: from 192.0.2.1 5 192.0.2.2 22: exec sh -c 'id'",
    );
  });

  test('standard input that decides what a program does is judged', async () => {
    const shell = await phoenixShell(join(folder, 'shell'));
    await writeFile(join(folder, 'shell/programs'), 'let number [0-9]+\ntee /dev/null < {number}\n');
    const session = begin(shell);
    session.ask(1, words('tee', '/dev/null'), Buffer.from('512'));
    session.ask(2, words('tee', '/dev/null'), Buffer.from('512; id'));
    session.ask(3, words('tee', '/dev/null'), Buffer.alloc(100_000, '5'));
    expect([await session.ended(1), session.output(1)]).toEqual([0, '512']);
    expect([await session.ended(2), session.output(2)]).toEqual([126, '']);
    expect([await session.ended(3), session.output(3)]).toEqual([126, '']);
  });

  test('the table is that of the moment, not that of when the session began', async () => {
    const shell = await phoenixShell(join(folder, 'shell'), ['printf']);
    const table = await readFile(join(folder, 'shell/programs'), 'utf8');
    const session = begin(shell);
    session.ask(1, words('printf', 'before'));
    expect(await session.ended(1)).toBe(0);
    await writeFile(join(folder, 'shell/programs'), table.replace(/^printf .*\n/m, ''));
    session.ask(2, words('printf', 'after'));
    expect([await session.ended(2), session.output(2)]).toEqual([126, '']);
    expect(session.errors(2)).toContain('printf is no program that Phoenix uses');
    await writeFile(join(folder, 'shell/scripts'), '');
    session.ask(3, words('hostname'));
    expect(await session.ended(3)).toBe(126);
    expect(session.errors(3)).toContain('it is a script of another version');
  });

  test('a forced command that was replaced judges from then on', async () => {
    const shell = await phoenixShell(join(folder, 'shell'), ['printf']);
    const session = begin(shell);
    session.ask(1, words('printf', 'before'));
    expect(await session.ended(1)).toBe(0);
    const stricter = '#!/bin/sh\nprintf "%s|" stricter "$@" "$SSH_ORIGINAL_COMMAND"\nexit 5\n';
    await writeFile(`${shell}.new`, stricter, { mode: 0o755 });
    await rename(`${shell}.new`, shell);
    session.ask(2, words('printf', "it's"));
    expect(await session.ended(2)).toBe(5);
    const line = `exec sh -c ${words('printf', "it's").map(quote).join(' ')}`;
    expect(session.output(2)).toBe(`stricter|--path|${path()}|${line}|`);
  });

  test('without the file that reads requests there is no session', async () => {
    const shell = await phoenixShell(join(folder, 'shell'));
    await rm(join(folder, 'shell/session.pl'));
    const session = begin(shell);
    expect(await session.over()).toBe(126);
    expect(session.said()).toContain('session.pl is not beside it');
  });

  test.each<[string, (line: string) => string]>([
    ['a word more', (line) => `${line} 'x'`],
    ['another mark', (line) => line.replace(MARK, 'mark')],
    ['another PATH', (line) => line.replace(quote(path()), "'/tmp'")],
    ['another text', (line) => line.replace('use strict', 'no strict')],
  ])('a session with %s is refused', async (_what, change) => {
    const session = begin(await phoenixShell(join(folder, 'shell')), change(asked()));
    expect(await session.over()).toBe(126);
    expect(session.said()).toMatch(/^phoenix-shell: refused: .+\n$/);
  });
});
