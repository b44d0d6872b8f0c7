// The scripts that run inside guests, executed by this machine's shell in a temporary folder.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Installed,
  installScripts,
  missingScripts,
  parseInstalled,
  type Script,
  script,
} from '../../../src/managers/guest/scripts/scripts.ts';
import type { Content } from '../../../src/model/action.ts';
import { until } from '../../support/until.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoenix-script-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const BLOBS: Record<string, string> = {};
const SECRET = "a $secret `hash` 'quoted'";

function entry(name: string, text: string, own: Partial<Script> = {}): Script {
  BLOBS[`blob-${name}`] = text;
  return script({ name, path: name, blob: `blob-${name}`, inputs: {}, secret: null, ...own });
}

function textOf(content: Content): string {
  switch (content.from) {
    case 'text':
      return content.text;
    case 'blob':
      return BLOBS[content.blob] ?? '';
    case 'secret':
      return SECRET;
    case 'shipped':
      return readFileSync(new URL(`../../../${content.path}`, import.meta.url), 'utf8');
    case 'joined':
      return content.parts.map(textOf).join('');
    case 'node':
    case 'fingerprint':
    case 'kept':
    case 'variable':
    case 'compose':
      throw new Error(`a script of this test holds nothing from ${content.from}`);
  }
}

/** The command line and input as they are, with the guest's folders below this test's. */
function commandFor(entries: readonly Script[], installed: Installed) {
  const [action] = installScripts('pct', 101, entries, installed);
  if (action?.do.kind !== 'command' || action.do.stdin === undefined) throw new Error('no command');
  const here = (text: string) =>
    text.replaceAll('/var/lib/phoenix', `${folder}/state`).replaceAll('/run/phoenix-script', `${folder}/lock`);
  const argv = action.do.args.slice(action.do.args.indexOf('--') + 1).map(here);
  return { argv, input: here(textOf(action.do.stdin)) };
}

function run(entries: readonly Script[], installed: Installed = {}) {
  const { argv, input } = commandFor(entries, installed);
  return spawnSync(argv[0] ?? '', argv.slice(1), { input, encoding: 'utf8', env: { PATH: process.env['PATH'] } });
}

function record(): Installed {
  const path = join(folder, 'state/applied');
  return existsSync(path) ? parseInstalled(readFileSync(path, 'utf8')) : {};
}

test('a script runs with its inputs, and is noted', () => {
  const web = entry('web', `echo "$GREETING" > ${folder}/out\n`, {
    inputs: { GREETING: `it's $HOME "quoted"\nline two` },
  });
  expect(run([web])).toMatchObject({ status: 0 });
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(`it's $HOME "quoted"\nline two\n`);
  expect(missingScripts([web], record())).toEqual([]);
});

test('it does not run again for the same content and inputs, although it is requested', () => {
  const once = entry('once', `echo run >> ${folder}/out\n`);
  run([once]);
  run([once]);
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('run\n');
});

test('what was noted of other scripts stays', () => {
  const one = entry('one', 'true\n');
  const two = entry('two', 'true\n');
  run([one]);
  run([two], record());
  expect(Object.keys(record()).sort()).toEqual(['one', 'two']);
});

test('a failing script is not recorded, and its exit code is returned', () => {
  const bad = entry('bad', 'echo oops >&2\nexit 7\n');
  expect(run([bad])).toMatchObject({ status: 7, stderr: expect.stringContaining('oops') });
  expect(record()).toEqual({});
  expect(readdirSync(folder)).not.toContain('lock');
});

test('other content or inputs make another mark', () => {
  const marks = [
    script({ name: 'a', path: 'a', blob: 'one', inputs: {}, secret: null }),
    script({ name: 'a', path: 'a', blob: 'two', inputs: {}, secret: null }),
    script({ name: 'a', path: 'a', blob: 'one', inputs: { X: '1' }, secret: null }),
    script({ name: 'a', path: 'a', blob: 'one', inputs: {}, secret: { variable: 'P', $secret: 'env:P' } }),
  ].map(({ mark }) => mark);
  expect(new Set(marks).size).toBe(4);
});

test('a secret reaches the script and is in no argument and no file', () => {
  const secretly = entry('secretly', `printf %s "$TOKEN" > ${folder}/out\n`, {
    secret: { variable: 'TOKEN', $secret: 'env:TOKEN' },
  });
  const { argv } = commandFor([secretly], {});
  expect(argv.join(' ')).not.toContain(SECRET);
  expect(run([secretly])).toMatchObject({ status: 0, stdout: '' });
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(SECRET);
  const kept = execFileSync('find', [join(folder, 'state'), '-type', 'f', '-exec', 'cat', '{}', '+'], {
    encoding: 'utf8',
  });
  expect(kept).not.toContain(SECRET);
});

test('a script runs unchanged: with its own interpreter, without reading what follows it', () => {
  const quirky = entry('quirky', `#!/bin/sh -e\ncat > ${folder}/out\necho '$HOME' \`echo\` EOF >> ${folder}/out\n`);
  expect(run([quirky])).toMatchObject({ status: 0 });
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('$HOME EOF\n');
});

test('a script that is still running inside is waited for, and then not run again', async () => {
  const slow = entry('slow', `echo run >> ${folder}/out\n`);
  const { argv, input } = commandFor([slow], {});
  mkdirSync(join(folder, 'lock'));
  const other = spawn('sleep', ['600']);
  writeFileSync(join(folder, 'lock/pid'), `${other.pid}\n`);
  const waiting = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['pipe', 'ignore', 'inherit'] });
  waiting.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => waiting.on('exit', resolve));
  mkdirSync(join(folder, 'state'), { recursive: true });
  writeFileSync(join(folder, 'state/applied'), `slow=${slow.mark}\n`);
  other.kill();
  expect(await ended).toBe(0);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

/** Each begins and ends in one line of `out`; it ends when `held` is gone. */
const LONG = (name: string) =>
  entry(
    name,
    `echo "begin $$" >> ${folder}/out\nwhile [ -e ${folder}/held ]; do sleep 0.05; done\necho "end $$" >> ${folder}/out\n`,
  );

function begin(one: Script) {
  const { argv, input } = commandFor([one], {});
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(input);
  return { child, ended: new Promise<number | null>((resolve) => child.on('exit', resolve)) };
}

const lines = (): string[] =>
  existsSync(join(folder, 'out')) ? readFileSync(join(folder, 'out'), 'utf8').trim().split('\n') : [];

test('concurrent requests run one after the other', async () => {
  mkdirSync(join(folder, 'state'), { recursive: true });
  const all = Array.from({ length: 6 }, (_, n) => begin(LONG(`script-${n}`)));
  expect(await Promise.all(all.map(({ ended }) => ended))).toEqual(all.map(() => 0));
  const pids = lines().map((line) => line.split(' '));
  expect(pids.map(([word]) => word)).toEqual(all.flatMap(() => ['begin', 'end']));
  for (let n = 0; n < pids.length; n += 2) expect(pids[n]?.[1]).toBe(pids[n + 1]?.[1]);
});

test('a script whose shell was killed continues, is waited for, and none runs beside it', async () => {
  writeFileSync(join(folder, 'held'), '');
  const first = begin(LONG('long'));
  await until(() => /^begin \d+$/.test(lines()[0] ?? ''), 'the first to begin');
  // Its parent shells, as when only those are killed: the script itself continues.
  const script = Number(lines()[0]?.split(' ')[1]);
  const shells: number[] = [];
  for (let pid = parentOf(script); pid !== process.pid && pid > 1; pid = parentOf(pid)) shells.push(pid);
  // The outermost first: one whose child was killed ends by itself.
  for (const pid of shells.reverse()) process.kill(pid, 'SIGKILL');
  await first.ended;
  const second = begin(LONG('long'));
  await until(() => locked() !== undefined, 'the second to hold the lock');
  expect(lines()).toHaveLength(1);
  rmSync(join(folder, 'held'));
  expect(await second.ended).toBe(0);
  expect(lines().map((line) => line.split(' ')[0])).toEqual(['begin', 'end', 'begin', 'end']);
});

test('what a script leaves running does not keep the next from running', async () => {
  const leaves = entry('leaves', `sleep 60 >/dev/null 2>&1 &\necho $! > ${folder}/pid\n`);
  expect(run([leaves])).toMatchObject({ status: 0 });
  expect(run([entry('next', `echo next > ${folder}/out\n`)])).toMatchObject({ status: 0 });
  process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGKILL');
});

function parentOf(pid: number): number {
  return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
}

/** Whether the lock is held. */
function locked(): true | undefined {
  return spawnSync('flock', ['-n', join(folder, 'lock.lock'), 'true']).status === 0 ? undefined : true;
}
