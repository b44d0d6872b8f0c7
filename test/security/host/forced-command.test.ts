// The forced command of the agent's key allows the shapes of its table and nothing similar. It only checks here: allowed commands are not run on the
// machine of the tests.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SYSTEM_PATH } from '../../../src/io/host/local.ts';
import { quote } from '../../../src/io/host/quote.ts';
import * as scripts from '../../../src/io/host/ssh-scripts.ts';
import { judgeAll, judgingShell, shapeFor, shapesOf } from '../../support/host/phoenix-shell.ts';
import { LONG_TEST } from '../../support/long.ts';
import { ALLOWED, INPUTS } from '../allowed-commands.ts';
import { REFUSED_INPUTS, REFUSED_PROGRAMS, REFUSED_SCRIPTS } from '../refused-commands.ts';

const TABLE = fileURLToPath(new URL('../../../deploy/ssh/programs', import.meta.url));
const MARK = `phoenix-${'0a'.repeat(12)}`;
const SCRIPTS: Readonly<Record<string, string>> = {
  file: scripts.READ_FILE,
  folders: scripts.READ_FOLDERS,
  within: scripts.READ_WITHIN,
  inspect: scripts.INSPECT,
  key: scripts.PUBLIC_KEY,
  write: scripts.WRITE_FILE,
  lines: scripts.ADD_LINES,
  folder: scripts.MAKE_FOLDER,
  place: scripts.PLACE_FILES,
  remove: scripts.REMOVE_FILES,
  connect: scripts.CONNECT,
  end: scripts.END_GROUP,
};

let folder: string;
let shell: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-forced-'));
  shell = await judgingShell(join(folder, 'shell'));
  // Nothing is written to the journal of this machine.
  await writeFile(join(folder, 'logger'), '#!/bin/sh\n', { mode: 0o755 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Asked = readonly [line: string, input: string];

function asking(script: string, words: readonly string[], input = ''): Asked {
  const line = [script, 'phoenix', ...words].map((word) => quote(word === SYSTEM_PATH ? searchPath() : word)).join(' ');
  return [`exec sh -c ${line}`, input];
}

const searchPath = (): string => `${folder}:${SYSTEM_PATH}`;
const start = (words: readonly string[], input?: string): Asked =>
  asking(scripts.RUN, [MARK, SYSTEM_PATH, ...words], input);

/** The same by the guard that runs one at a time for each target. */
const guarded = (
  words: readonly string[],
  input = '',
  target = 'lxc/101',
  more: readonly string[] = ['60', ''],
): Asked => asking(scripts.GUARDED, [MARK, SYSTEM_PATH, '', target, ...more, ...words], input);

function script(name: string, words: readonly string[]): Asked {
  const begin = name === 'connect' || name === 'end' ? [] : [MARK, SYSTEM_PATH];
  return asking(SCRIPTS[name] ?? '', [...begin, ...words]);
}

/** As the table has them: a program, or `:` and the name of a script with what follows its root. */
function listed([program = '', ...words]: readonly string[]): Asked {
  if (!program.startsWith(':')) return start([program, ...words], INPUTS[program]);
  const name = program.slice(1);
  return script(name, name === 'connect' || name === 'end' ? words : ['', ...words]);
}

/** The command lines that the forced command allows. */
function passing<T>(all: readonly T[], ask: (each: T) => Asked): T[] {
  const codes = judgeAll(shell, searchPath(), all.map(ask));
  expect([0, 126]).toEqual(expect.arrayContaining([...new Set(codes)]));
  return all.filter((_, n) => codes[n] === 0);
}

const passes = (asked: Asked): boolean => passing([asked], (each) => each).length === 1;

test('the forced command lets every shape of command of Phoenix pass', LONG_TEST, () => {
  expect(passing(ALLOWED, listed)).toEqual(ALLOWED);
  const programs = ALLOWED.filter(([program]) => !program?.startsWith(':'));
  expect(passing(programs, (words) => guarded(words, INPUTS[words[0] ?? '']))).toEqual(programs);
  expect(passes(guarded([]))).toBe(true);
  const lines = [...shapesOf(readFileSync(TABLE, 'utf8')).values()].flat().map(({ line }) => line);
  const shown = new Set(ALLOWED.map((words) => shapeFor(words, INPUTS[words[0] ?? ''])));
  expect(lines.filter((line) => !shown.has(line))).toEqual([]);
});

describe('the forced command refuses', () => {
  test.each(Object.entries(REFUSED_PROGRAMS))('%s', (_what, commands) => {
    expect(passing(commands, (words) => start(words, 'ann:$6$salt$hash\n'))).toEqual([]);
    expect(passing(commands, (words) => guarded(words, 'ann:$6$salt$hash\n'))).toEqual([]);
  });

  test('a script of Phoenix with a path outside of the allowed ones', () => {
    expect(passing(REFUSED_SCRIPTS, ([name, words]) => script(name, words))).toEqual([]);
  });

  test('a command that acts on standard input', () => {
    expect(passing(REFUSED_INPUTS, ([words, input]) => start(words, input))).toEqual([]);
    expect(passes(start(['chpasswd', '-e'], INPUTS['chpasswd']))).toBe(true);
  });

  test('an invalid target, time, size or root of the guard', () => {
    const wrong = [
      guarded(['hostname'], '', 'lxc'),
      guarded(['hostname'], '', '../lxc/101'),
      guarded(['hostname'], '', 'lxc/10 1'),
      guarded(['hostname'], '', 'lxc/101', ['1h', '']),
      guarded(['hostname'], '', 'lxc/101', ['60', '-1']),
      asking(scripts.GUARDED, [MARK, SYSTEM_PATH, '/etc', 'lxc/101', '60', '', 'hostname']),
      asking(scripts.GUARDED, [MARK, SYSTEM_PATH, '', 'lxc/101']),
    ];
    expect(passing(wrong, (each) => each)).toEqual([]);
    expect(passes(guarded(['hostname']))).toBe(true);
  });

  test('other lines, or lines for another file', () => {
    const words = ['0644', '1', 'root:100000:65536'];
    for (const wrong of [
      ['/etc/passwd', ...words, 'root:33:1'],
      ['/etc/subuid', ...words, 'ann:33:1'],
      ['/etc/subuid', ...words, 'root:33:1\nann:0:1'],
      ['/etc/subuid', '4755', '1', 'root:1:1'],
    ]) {
      expect(passes(script('lines', ['', ...wrong]))).toBe(false);
    }
  });

  test('a changed script, another mark and another PATH', () => {
    expect(passes(asking(`${scripts.RUN}\nid`, [MARK, SYSTEM_PATH, 'hostname']))).toBe(false);
    expect(passes(asking(scripts.RUN, ['phoenix', SYSTEM_PATH, 'hostname']))).toBe(false);
    expect(passes(asking(scripts.RUN, [MARK, '/tmp', 'hostname']))).toBe(false);
    expect(passes(start(['hostname']))).toBe(true);
  });
});

test('the refused commands are no fewer than those of the review', () => {
  const count = Object.values(REFUSED_PROGRAMS).flat().length + REFUSED_SCRIPTS.length + REFUSED_INPUTS.length;
  expect(count).toBeGreaterThan(250);
});

test('the host names further folders for data, and nothing else', async () => {
  const write = ['', '/var/lib/shared/x.key', '0640', '', ''];
  expect(passes(script('write', write))).toBe(false);
  await writeFile(join(folder, 'shell/roots'), '# data\n/var/lib/shared\n/etc/..\nrelative\n');
  expect(passes(script('write', write))).toBe(true);
  expect(passes(start(['pct', 'set', '101', '--mp0', '/var/lib/shared/x,mp=/x']))).toBe(true);
  for (const path of ['/var/lib/shared/../x', '/var/lib/sharedx', '/etc/../x', 'relative/x', '/var/lib/other']) {
    expect(passes(script('write', ['', path, '0640', '', ''])), path).toBe(false);
  }
  await rm(join(folder, 'shell/roots'));
});

// --- variations of allowed commands ---

/** What runs inside a guest is the guest's own. */
const ofHost = ALLOWED.filter((words) => !words.includes('--')).filter(
  ([program]) => !['chpasswd', 'tee'].includes(program ?? ''),
);
const command = fc.constantFrom(...ofHost);
const HOSTILE = [
  ...['--target-directory=/etc', '-o', '-exec', '--', '-', '--hookscript', '--root=/', '-u0', '--help', '-rf'],
  ...[
    '/etc/shadow',
    '/proc/self/root/etc/shadow',
    '/dev/fd/0',
    '../x',
    './x',
    '',
    ' ',
    '\n',
    'a\nb',
    '*',
    '$(id)',
    'A=b',
  ],
];
const hostile = fc.constantFrom(...HOSTILE);
const isPath = (word: string): boolean => /^\/./.test(word) && word !== '/bin/bash';
const detours: readonly ((path: string) => string)[] = [
  (path) => `/proc/self/root${path}`,
  (path) => `/proc/1/root${path}`,
  (path) => `/dev/fd/3${path}`,
  (path) => `/.${path}`,
  (path) => `/..${path}`,
  (path) => `/${path}`,
  (path) => path.slice(1),
  (path) => `.${path}`,
  (path) => `${path}/`,
  (path) => `${path}/..`,
  (path) => `${path}/.`,
  (path) => `${path}\n`,
  (path) => path.replace(/\/(?=[^/]*$)/, '//'),
  (path) => path.replace(/\/(?=[^/]*$)/, '/../../etc/'),
];
/** Values that are free text by their nature, one of them in base64, and flags of a CPU, of which one that is off is `-o` too. */
/** Options whose value is a text of people, which may be anything that is no option. */
const TEXTS = [
  ...['--author', '--description', '--comment', '--base_dn', '--body', '--flags'],
  ...['--username', '--eab-kid', '--alias'],
];
const isFree = (words: readonly string[], at: number): boolean => TEXTS.includes(words[at - 1] ?? '');
const swapped = (words: readonly string[], at: number): string[] => {
  const copy = [...words];
  [copy[at], copy[at + 1]] = [copy[at + 1] ?? '', copy[at] ?? ''];
  return copy;
};

test('a hostile argument inserted anywhere is refused', () => {
  const passed = ofHost.flatMap((words) =>
    words.flatMap((_, place) =>
      // What follows the text of a note is then an option without its value.
      HOSTILE.map((word) => words.toSpliced(place + 1, 0, word)).filter((other) => shapeFor(other) !== undefined),
    ),
  );
  expect(passed).toEqual([]);
});

test('fuzz: a path with any detour is refused', () => {
  const paths = ofHost.flatMap((words) =>
    words.flatMap((word, at) => (isPath(word) && at > 0 ? [[words, at] as const] : [])),
  );
  expect(paths.length).toBeGreaterThan(20);
  for (const [words, at] of paths) {
    for (const detour of detours) {
      const other = words.with(at, detour(words[at] ?? ''));
      expect(shapeFor(other), other.join(' ')).toBeUndefined();
    }
  }
});

test('fuzz: an option that is abbreviated, joined, repeated or written otherwise is refused', () => {
  for (const words of ofHost) {
    for (const [at, word] of words.entries()) {
      if (!/^-[^=]+$/.test(word) || at === 0) continue;
      const value = words[at + 1];
      const others = [
        words.with(at, word.slice(0, -1)),
        words.with(at, word.replace(/^--/, '-')),
        words.with(at, word.toUpperCase() === word ? `${word}x` : word.toUpperCase()),
        words.with(at, `${word}=`),
        words.with(at, `${word} `),
        ...(value === undefined
          ? []
          : [words.toSpliced(at, 2, `${word}=${value}`), words.toSpliced(at, 2, `${word}${value}`)]),
      ].filter((other) => other[at] !== word);
      for (const other of others) expect(shapeFor(other), other.join(' ')).toBeUndefined();
    }
  }
});

test('a hostile argument in place of another passes only as the text of a note', () => {
  const passed = ofHost.flatMap((words) =>
    words.flatMap((own, at) =>
      at === 0 || isFree(words, at)
        ? []
        : HOSTILE.flatMap((word) => {
            const found = word === own ? undefined : shapeFor(words.with(at, word));
            return found === undefined ? [] : [{ program: found.split(' ')[0], word, in: words.join(' ') }];
          }),
    ),
  );
  // An empty mode, owner or digest is none at all, and so is an empty option of an object.
  const emptied = expect.objectContaining({
    program: expect.stringMatching(/^(:(write|lines|folder|place)|pvesh)$/),
    word: '',
  });
  expect(passed).toEqual(passed.map(() => emptied));
});

test('fuzz: the forced command and the table of the tests decide alike', LONG_TEST, () => {
  const mutated = fc.oneof(
    fc
      .tuple(command, hostile, fc.nat(20))
      .map(([words, word, at]) => words.toSpliced(1 + (at % words.length), 0, word)),
    fc
      .tuple(command, fc.nat(20))
      .map(([words, at]) => (words.length < 3 ? words : swapped(words, 1 + (at % (words.length - 2))))),
    fc.tuple(command, fc.nat(20)).map(([words, at]) => words.toSpliced(1 + (at % words.length), 1)),
    fc.tuple(command, fc.nat(20), hostile).map(([words, at, word]) => words.with(at % words.length, word)),
  );
  const all = fc.sample(mutated, 120);
  const expected = all.filter((words) => shapeFor(words) !== undefined);
  expect(passing(all, listed)).toEqual(expected);
});
