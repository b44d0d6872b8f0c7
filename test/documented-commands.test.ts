// Every command line that people are shown is one that Phoenix takes: in the pages, and in the sentences that the code says.

import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Command, CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { wrapping } from '../src/cli/io.ts';
import { declareProgram } from '../src/cli/program.ts';
import { readSettings } from '../src/settings.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = globSync('{README,SECURITY,CONTRIBUTING}.md|docs/**/*.md|deploy/*.md|lab/*.md'.split('|'), { cwd: ROOT });
const SENTENCES = globSync('src/**/*.ts', { cwd: ROOT });
/** Commands of the system that Phoenix replaces; the page names their replacements. */
const OF_THE_OLD = /^(setup --wipe-disks|converge ID|create ID|delete ID|start ID|stop ID|restart ID|LetsGo)/;
/** How a checkout calls it. */
const CALLS = [/^phoenix /, /^npm run -s phoenix -- /, /^npm run demo -- ?/, /^node (-- )?src\/main\.ts /];

interface Shown {
  readonly at: string;
  readonly words: readonly string[];
}

/** The commands of shell blocks, as they are written. */
function commandsOf(page: string): Shown[] {
  const text = readFileSync(`${ROOT}/${page}`, 'utf8');
  const blocks = [...text.matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .replaceAll('\\\n', ' ')
      .split('\n')
      .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/&&|\|\||[|;]/))
      .map((command) => command.trim().replace(/^(\w+=\S* )+/, ''))
      // What follows two dashes is another command.
      .flatMap((command) => (/^phoenix lab /.test(command) ? command.split(/ -- (?=phoenix )/) : [command]))
      .flatMap((command) => called(command, page)),
  );
}

function called(command: string, at: string): Shown[] {
  const call = CALLS.find((each) => each.test(command));
  if (call === undefined) return [];
  const rest = command.replace(call, '').replace(/ >.*$/, '');
  const words = [...rest.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, one, two, three]) => one ?? two ?? three ?? '',
  );
  return [{ at: `${at}: ${command}`, words: command.startsWith('npm run demo') ? ['demo', ...words] : words }];
}

/** Commands that are named inside a sentence, where arguments may be omitted. */
function namedIn(file: string, pattern: RegExp): Shown[] {
  const text = readFileSync(`${ROOT}/${file}`, 'utf8');
  return [...text.matchAll(pattern)].flatMap(([, command = '']) => {
    if (OF_THE_OLD.test(command)) return [];
    // `[TARGET…]` may be left out, and `--test [CHANNEL]` too.
    const plain = command.replaceAll(/[[\]]/g, '').replaceAll(/\$\{[^}]*\}/g, 'X');
    return called(`phoenix ${plain}`, file);
  });
}

/** Null if the line is accepted, else the error. */
async function refusal({ words }: Shown): Promise<string | null> {
  const said: string[] = [];
  const quiet = wrapping({ stdout: () => {}, stderr: (text) => void said.push(text), env: {} });
  const phoenix = declareProgram(quiet, async () => {});
  for (const command of phoenix.commands) (command as Command).action(() => {});
  try {
    await phoenix.parseAsync(words, { from: 'user' });
    return null;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return null;
    return error instanceof CommanderError ? error.code : String(error);
  }
}

async function refused(shown: readonly Shown[], allowed: readonly string[] = []): Promise<string[]> {
  const wrong: string[] = [];
  for (const each of shown) {
    const why = await refusal(each);
    if (why !== null && !allowed.includes(why)) wrong.push(`${each.at} (${why})`);
  }
  return wrong;
}

test('each command of a block is taken whole', async () => {
  const shown = PAGES.flatMap(commandsOf);
  expect(shown.length).toBeGreaterThan(20);
  expect(await refused(shown)).toEqual([]);
});

test('each command that a page or a sentence names is one that there is, with options that it has', async () => {
  const inPages = PAGES.flatMap((page) => namedIn(page, /`phoenix ([^`]+)`/g));
  const inSentences = SENTENCES.flatMap((file) =>
    namedIn(
      file,
      /(?<=['"`(]|: |; |with |by |, )phoenix ([a-z-]+(?: [A-Z]+| \$\{[^}]*\}| [a-z]+\/[\w.]+)* --[a-z-]+)/g,
    ),
  );
  expect(inPages.length).toBeGreaterThan(100);
  expect(inSentences.length).toBeGreaterThan(5);
  const left = [
    'commander.missingArgument',
    'commander.missingMandatoryOptionValue',
    'commander.optionMissingArgument',
  ];
  expect(await refused([...inPages, ...inSentences], left)).toEqual([]);
});

test('each variable that a page names is one that Phoenix knows', () => {
  const named = PAGES.flatMap((page) => readFileSync(`${ROOT}/${page}`, 'utf8').match(/\bPHOENIX_[A-Z]\w*/g) ?? []);
  const names = new Set(named.filter((name) => !/^PHOENIX_(TEST|GUEST)_/.test(name)));
  expect(names.size).toBeGreaterThan(30);
  const environment = Object.fromEntries([...names].map((name) => [name, '']));
  const { problems } = readSettings(environment, () => '', { receiving: false });
  expect(problems.map(({ message }) => message).filter((message) => /means nothing/.test(message))).toEqual([]);
});

test('each sentence that troubleshooting begins with is one that Phoenix says', () => {
  const page = readFileSync(`${ROOT}/docs/troubleshooting.md`, 'utf8');
  const quoted = [...page.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, text = '']) => text.replace(/ ?…$/, ''));
  const said = SENTENCES.map((file) => readFileSync(`${ROOT}/${file}`, 'utf8')).join('\n');
  expect(quoted.length).toBeGreaterThan(5);
  expect(quoted.filter((text) => !said.includes(text))).toEqual([]);
});
