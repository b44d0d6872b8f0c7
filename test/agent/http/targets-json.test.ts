// What the API says of targets beside their applied commit: when they were proved, and what happened since.

import { expect, test } from 'vitest';
import { targetsJson } from '../../../src/agent/http/run-json.ts';
import type { RunId, TargetId } from '../../../src/model/ids.ts';
import type { Outcome, Run } from '../../../src/model/run.ts';

const LXC = 'lxc/101' as TargetId;
const PROVED = '2026-01-01T10:00:00.000Z';

const records = {
  applied: new Map([[LXC, { target: LXC, commit: 'a'.repeat(40), digest: 'd', at: PROVED }]]),
  touched: new Map(),
};

function run(id: string, ended: string, outcome: Outcome, changes: Partial<Run> = {}): Run {
  const times = { created: ended, started: ended, ended };
  const step = {
    target: LXC,
    verb: 'update',
    impact: 'live',
    attempts: 1,
    actions: [],
    started: ended,
    ended,
  } as const;
  const reason = outcome === 'failed' ? 'differs from what is declared; to be done: set memory' : null;
  return {
    id: id as RunId,
    commit: 'a'.repeat(40),
    trigger: 'drift',
    verb: null,
    readOnly: true,
    state: 'succeeded',
    by: 'phoenix',
    steps: [{ ...step, outcome, reason }],
    ...times,
    ...changes,
  };
}

const told = (...runs: Run[]) => {
  const [only] = targetsJson(records, runs, null);
  return [only?.state, only?.doubt, only?.proved];
};
const [BEFORE, AFTER, LATER] = [9, 11, 12].map((hour) => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`) as [
  string,
  string,
  string,
];
const FOUND = 'run 7 looked: differs from what is declared; to be done: set memory';

test('a target that a later check found to differ is in doubt', () => {
  expect(told()).toEqual(['applied', null, PROVED]);
  expect(told(run('7', AFTER, 'failed'))).toEqual(['doubtful', FOUND, PROVED]);
});

test('but not for differences before the proof, those that a later check found resolved, or those of a dry run', () => {
  expect(told(run('7', BEFORE, 'failed'))[0]).toBe('applied');
  expect(told(run('8', LATER, 'unchanged'), run('7', AFTER, 'failed'))[0]).toBe('applied');
  expect(told(run('7', AFTER, 'failed', { trigger: 'command', verb: 'converge' }))[0]).toBe('applied');
});

test('what failed stays so while a later step waits or runs, until that one ends', () => {
  const push = { trigger: 'push', readOnly: false } as const;
  const failed = run('7', BEFORE, 'failed', push);
  const applied = run('6', BEFORE, 'applied', push);
  const later = (outcome: Outcome | null) => {
    const { steps, ...rest } = run('8', AFTER, 'applied', push);
    return { ...rest, steps: steps.map((step) => ({ ...step, outcome })) };
  };
  const last = (...runs: Run[]) => targetsJson(records, runs, null).map(({ run: id, outcome }) => [id, outcome])[0];
  expect(last(later(null), failed)).toEqual(['7', 'failed']);
  expect(last(later('applied'), failed)).toEqual(['8', 'applied']);
  expect(last(later(null))).toEqual(['8', null]);
  // What went well says nothing of the step that waits, and a failure before it is over.
  expect(last(later(null), applied)).toEqual(['8', null]);
  expect(last(later(null), applied, failed)).toEqual(['8', null]);
  expect(last(later(null), later(null), failed)).toEqual(['7', 'failed']);
});

test('what is not proved is in no doubt', () => {
  const touched = { ...records, touched: new Map([[LXC, { commit: 'b'.repeat(40) }]]) };
  const [only] = targetsJson(touched, [run('7', AFTER, 'failed')], null);
  expect(only).toMatchObject({ state: 'unproved', doubt: null, proved: null });
});
