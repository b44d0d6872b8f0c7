// Terminal output fits every width: words stay whole, and nothing is lost.

import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { wrapping } from '../../src/cli/io.ts';
import { progressLines } from '../../src/messages/run.ts';
import { progressBlock } from '../../src/messages/terminal/progress.ts';
import { runsTable } from '../../src/messages/terminal/runs-table.ts';
import { cutToWidth, wrapToWidth } from '../../src/messages/terminal/width.ts';
import type { RunId, TargetId } from '../../src/model/ids.ts';
import type { Run, StepRecord } from '../../src/model/run.ts';
import { LONG_TEST } from '../support/long.ts';

const NOW = new Date('2026-01-01T01:02:03.000Z');

function stepOf(target: string, changes: Partial<StepRecord> = {}): StepRecord {
  const common = { verb: 'update', impact: 'live', reason: null, attempts: 0, ended: null, actions: [] } as const;
  return { target: target as TargetId, outcome: null, started: null, ...common, ...changes };
}

function runOf(steps: readonly StepRecord[], changes: Partial<Run> = {}): Run {
  const common = { commit: 'a'.repeat(40), trigger: 'push', verb: null, readOnly: false, by: 'ada' } as const;
  const times = { created: '', started: null, ended: null };
  return { id: '12' as RunId, state: 'applying', steps, ...common, ...times, ...changes };
}

describe('wrapping', () => {
  test('continues below the text of a table, else two columns further in', () => {
    const table = '  lxc/101  applied 3f2a1bc running last step failed: no space left on device';
    expect(wrapToWidth(table, 40)).toBe(
      '  lxc/101  applied 3f2a1bc running last\n           step failed: no space left on\n           device',
    );
    expect(wrapToWidth('one two three four five six seven', 26)).toBe('one two three four five\n  six seven');
    expect(wrapToWidth(table, null)).toBe(table);
  });

  test('a table without room for its text has it on separate lines, and the last of several columns keeps its place', () => {
    expect(wrapToWidth('  certificate/portainer.example.internal  applied 3f2a1bc', 50)).toBe(
      '  certificate/portainer.example.internal\n      applied 3f2a1bc',
    );
    expect(wrapToWidth('lxc/101  healthy  works, but differs from what is declared', 44)).toBe(
      'lxc/101  healthy  works, but differs from\n                  what is declared',
    );
  });

  test('links and commands are never broken, other words that are longer than a line are', () => {
    const address = `https://phoenix.example.internal/runs/12/certificate/${'x'.repeat(20)}`;
    for (const each of [address, `PHOENIX_APP_KEY_FILE=/var/lib/${'x'.repeat(40)}`])
      expect(wrapToWidth(`see ${each} for it`, 40)).toContain(each);
    for (const each of wrapToWidth('x'.repeat(100), 40).split('\n')) expect(stringWidth(each)).toBeLessThanOrEqual(40);
  });

  test('applies to each stream that is a terminal, and never to output for programs', () => {
    const heard: string[] = [];
    const take = (text: string) => void heard.push(text);
    const size = () => ({ columns: 30 });
    const io = wrapping({ stdout: take, stderr: take, env: {}, terminal: { stdout: true, stderr: false, size } });
    const line = 'one two three four five six seven eight\n';
    io.stdout(line);
    io.stderr(line);
    io.verbatim(line);
    expect(heard).toEqual(['one two three four five six\n  seven eight\n', line, line]);
  });

  const word = fc.string({ unit: fc.constantFrom('a', 'é', '中', '🙂', '-'), minLength: 1, maxLength: 9 });
  test('keeps every line within the width of the terminal, and every word whole and in order', () => {
    const line = fc.tuple(fc.nat(4), fc.boolean(), fc.array(word, { minLength: 1, maxLength: 30 }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), fc.integer({ min: 40, max: 120 }), (lines, columns) => {
        const text = lines
          .map(
            ([blanks, isTable, [first = '', ...rest]]) =>
              `${' '.repeat(blanks)}${first}${isTable ? '  ' : ' '}${rest.join(' ')}`,
          )
          .join('\n');
        const wrapped = wrapToWidth(text, columns);
        for (const each of wrapped.split('\n')) expect(stringWidth(each)).toBeLessThanOrEqual(columns);
        const words = (all: string) => all.split(/\s+/).filter((each) => each !== '');
        expect(words(wrapped)).toEqual(words(text));
      }),
    );
  });

  test('does not count colour codes', () => {
    expect(wrapToWidth(`\u001b[31mfailed \u001b[0m settings: PHOENIX_WEBHOOK_SECRET is not set`, 40)).toBe(
      `\u001b[31mfailed \u001b[0m settings: PHOENIX_WEBHOOK_SECRET\n        is not set`,
    );
    const text = `\u001b[32m${'word '.repeat(30)}\u001b[0m`;
    for (const each of wrapToWidth(text, 40).split('\n')) expect(stringWidth(each)).toBeLessThanOrEqual(40);
  });

  test('truncates to one line of the width, never inside a character', () => {
    fc.assert(
      fc.property(fc.array(word), fc.integer({ min: 2, max: 40 }), (words, columns) => {
        const cut = cutToWidth(words.join(' '), columns);
        expect(stringWidth(cut)).toBeLessThanOrEqual(columns);
        expect(cut).toBe(cut.toWellFormed());
      }),
    );
  });
});

describe('the live view of a run', () => {
  const screen = { columns: 60, rows: 10, colours: false };
  const started = '2026-01-01T00:00:00.000Z';

  test('has a line for each running or waiting step with its time and last output, and counts the others', () => {
    const steps = [
      stepOf('lxc/101', { outcome: 'applied', started }),
      stepOf('vm/1001', { started: '2026-01-01T01:01:00.000Z' }),
      stepOf('lxc/102', { started }),
      stepOf('stack/1002.web'),
    ];
    const printed = new Map([['vm/1001' as TargetId, '\u001b[2Jtransferred 1.0 GiB of 32.0 GiB (3.12%)']]);
    expect(progressBlock({ run: runOf(steps), printed, now: NOW, picture: 12 }, screen)).toEqual([
      '⠹ vm/1001         update  1 min 3 s  ?[2Jtransferred 1.0 G…',
      '⠹ lxc/102         update  1 h 2 min',
      '· stack/1002.web  update  waits',
      'run 12: 1 applied, 3 to do',
    ]);
    const reason = 'is tried again until it passes: CT is locked';
    const tried = runOf([stepOf('vm/1001', { started, reason })]);
    expect(progressBlock({ run: tried, printed, now: NOW, picture: 0 }, { ...screen, columns: 90 })[0]).toContain(
      reason,
    );
    // Said once in lines, however often it is tried.
    expect(progressLines(runOf([stepOf('vm/1001', { started })]), tried, false)).toEqual([
      `vm/1001 update: runs: ${reason}`,
    ]);
    expect(progressLines(tried, tried, false)).toEqual([]);
    expect(progressBlock({ run: runOf([]), printed, now: NOW, picture: 0 }, screen)).toEqual([
      '⠋ run 12: waits to be planned',
    ]);
  });

  test('never exceeds the terminal, whatever runs', LONG_TEST, () => {
    const sizes = fc.record({ columns: fc.integer({ min: 20, max: 200 }), rows: fc.integer({ min: 4, max: 60 }) });
    fc.assert(
      fc.property(fc.nat(200), sizes, fc.string({ unit: 'binary' }), (count, size, output) => {
        const steps = Array.from({ length: count }, (_, at) => stepOf(`lxc/${at}`, at % 3 === 0 ? { started } : {}));
        const printed = new Map(steps.map(({ target }) => [target, output]));
        const lines = progressBlock({ run: runOf(steps), printed, now: NOW, picture: 1 }, { ...size, colours: true });
        expect(lines.length).toBeLessThanOrEqual(size.rows - 2);
        for (const line of lines) {
          expect(stringWidth(line)).toBeLessThanOrEqual(size.columns);
          expect(stripVTControlCharacters(line)).not.toMatch(/\p{Cc}/u);
        }
      }),
      { numRuns: 25 },
    );
  });
});

test('runs are listed in columns', () => {
  const runs = [
    runOf([stepOf('lxc/101', { outcome: 'applied' })], { id: '112' as RunId, state: 'succeeded' }),
    runOf([], { by: '中村', trigger: 'replay', state: 'blocked' }),
  ];
  expect(runsTable(runs, false)).toBe(
    'run 112  succeeded  aaaaaaa  push by ada     1 applied\nrun 12   blocked    aaaaaaa  replay by 中村',
  );
  expect(runsTable(runs, true)).toContain('\u001b[32msucceeded\u001b[0m  aaaaaaa');
});
