// Sentences of the pages that other messages do not have: the head of the branch, fields, times.

import { describe, expect, test } from 'vitest';
import { fieldRows } from '../../src/messages/pages/fields.ts';
import { headSentence } from '../../src/messages/pages/home.ts';
import { logNote, openRunSentence, runSentence } from '../../src/messages/pages/pages.ts';
import { durationText, utcText } from '../../src/messages/pages/times.ts';
import type { TargetId } from '../../src/model/ids.ts';
import type { Outcome, Run, RunState, StepRecord } from '../../src/model/run.ts';

function step(target: string, outcome: Outcome | null, changed: Partial<StepRecord> = {}): StepRecord {
  const plain = { verb: 'update', impact: 'live', reason: null, attempts: 1, ended: null, actions: [] } as const;
  return { target: target as TargetId, outcome, started: outcome === null ? null : 'then', ...plain, ...changed };
}

function run(state: RunState, steps: readonly StepRecord[], changed: Partial<Run> = {}): Run {
  const plain = { commit: 'a'.repeat(40), trigger: 'push', verb: null, readOnly: false, by: 'ada' } as const;
  return { id: '17' as Run['id'], state, steps, created: '', started: null, ended: null, ...plain, ...changed };
}

const RUNS = step('lxc/102', null, { started: 'then' });

test.each([
  [run('planned', []), 'Waits to be planned.'],
  [run('planned', [step('lxc/101', null)]), 'Waits for its turn: 1 waiting.'],
  [run('applying', [step('lxc/101', 'applied'), RUNS]), 'Is being applied: 1 running, 1 applied.'],
  [run('applying', [RUNS], { readOnly: true }), 'Looks at the host: 1 running.'],
  [run('succeeded', []), 'Nothing to do: everything is as this commit says'],
  [run('succeeded', [step('lxc/101', 'applied')]), 'Applied 1 target'],
  [run('failed', [step('lxc/101', 'failed', { reason: 'no disk' })]), '1 of 1 failed: lxc/101: no disk'],
  [run('blocked', [step('lxc/101', 'blocked', { reason: 'would destroy it' })]), 'lxc/101: would destroy it'],
  [
    run('blocked', [step('lxc/101', 'failed', { reason: 'no disk' }), step('lxc/104', 'blocked')]),
    '1 of 2 failed: lxc/101: no disk. lxc/104 waits for a person.',
  ],
  [
    run('blocked', [step('lxc/101', 'failed', { reason: 'mount failed.' }), step('lxc/104', 'blocked')]),
    '1 of 2 failed: lxc/101: mount failed. lxc/104 waits for a person.',
  ],
  [
    run('blocked', [step('lxc/101', 'failed', { reason: 'no x; did you mean y?' }), step('lxc/104', 'blocked')]),
    '1 of 2 failed: lxc/101: no x; did you mean y? lxc/104 waits for a person.',
  ],
  [
    run('blocked', [step('lxc/101', null), step('lxc/102', 'applied')]),
    'Waits for the end of a freeze, or for an apply window: 1 waiting, 1 applied.',
  ],
  [run('superseded', [step('lxc/101', 'superseded')]), 'A newer commit took its place: 1 superseded.'],
  [{ ...run('superseded', []), supersededBy: 'a'.repeat(40) }, 'A newer run of the same commit took its place.'],
  [run('invalid', []), 'Refused as a whole.'],
])('a run in words: %#', (told, words) => {
  expect(runSentence(told)).toBe(words);
});

test.each([
  [run('applying', [RUNS]), 'runs lxc/102; 1 running'],
  [run('planned', []), 'waits to be planned'],
  [run('planned', [step('lxc/101', null)]), 'waits for its turn; 1 waiting'],
  [run('blocked', [step('lxc/101', null)]), 'waits for the end of a freeze, or for an apply window; 1 waiting'],
  [run('blocked', [step('lxc/101', 'blocked', { reason: 'approve it' })]), 'lxc/101 waits: approve it'],
])('a run that is not over: %#', (told, words) => {
  expect(openRunSentence(told)).toBe(words);
});

test('the head names the applied commit when it is another one', () => {
  const base = 'b'.repeat(40);
  expect(headSentence(null, true)).toContain('phoenix doctor');
  expect(headSentence({ commit: 'a'.repeat(40), verdict: 'followed', base }, true)).not.toContain('bbbbbbb');
  expect(headSentence({ commit: 'a'.repeat(40), verdict: 'invalid', base }, true)).toContain('bbbbbbb');
  expect(headSentence({ commit: 'a'.repeat(40), verdict: 'refused', base: null }, true)).toContain('refused');
});

describe('fields', () => {
  test('of a list, only removed and added entries are shown', () => {
    expect(fieldRows({ path: '/records', before: ['a', 'b'], after: ['a', 'c', 'd'] })).toEqual([
      { path: '/records', before: '"b"', after: '"c"' },
      { path: '/records', before: null, after: '"d"' },
    ]);
  });

  test('long values and lists are truncated, and say so', () => {
    const [long] = fieldRows({ path: '/a', before: undefined, after: 'x'.repeat(5000) });
    expect(long?.after).toMatch(/^"x{398}…$/);
    const rows = fieldRows({ path: '/a', before: [], after: Array.from({ length: 250 }, (_, n) => n) });
    expect(rows).toHaveLength(201);
    expect(rows.at(-1)).toEqual({ path: '/a', before: null, after: 'and 50 more' });
  });
});

test.each([
  [0, '0.0 s'],
  [700, '0.7 s'],
  [9_960, '10 s'],
  [59_600, '1 min 0 s'],
  [184_000, '3 min 4 s'],
  [7_500_000, '2 h 5 min'],
  [-5, '0.0 s'],
])('%d ms is %s', (ms, words) => {
  expect(durationText(ms)).toBe(words);
});

test('times and notes are written in words', () => {
  expect(utcText('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04:05 UTC');
  expect([logNote(40, 1200), logNote(3, 3)]).toEqual(['the last 40 of 1200 lines', null]);
});
