// Targets in `phoenix status`.

import { expect, test } from 'vitest';
import { runText, statusText } from '../../src/messages/run.ts';

const target = {
  target: 'lxc/101',
  kind: 'lxc',
  state: 'applied',
  commit: 'a'.repeat(40),
  declared: true,
  running: null,
  run: '7',
  outcome: 'applied',
  reason: null,
} as const;
const text = (...own: readonly object[]): string[] =>
  statusText({ head: null, frozen: null, targets: own.map((each) => ({ ...target, ...each })) } as never, false)
    .split('\n')
    .slice(1);

test('of the steps that were applied, only those with a remark are shown with it', () => {
  const reason = '1 volume kept, not mounted: data (rpool:subvol-101-disk-1)';
  expect(text({ reason })).toEqual(['  lxc/101  applied  aaaaaaa', `      last step applied: ${reason}`]);
  expect(text({})).toEqual(['  lxc/101  applied  aaaaaaa']);
  expect(text({ outcome: 'unchanged', reason: 'as declared' })).toEqual(['  lxc/101  applied  aaaaaaa']);
});

test('a step that waits is shown with the command that lets it go on, also where a check found something else', () => {
  const reason = 'would destroy it; to allow it: phoenix approve 3 lxc/101';
  const [, note] = text({ state: 'doubtful', doubt: 'run 4 looked: differs', outcome: 'blocked', reason });
  expect(note).toBe(`      run 4 looked: differs; last step blocked: ${reason}`);
});

test('a step that is tried again is shown with what it waits for', () => {
  const reason = 'is tried again until it passes: CT is locked';
  expect(text({ state: 'declared', outcome: null, reason })[1]).toBe(`      ${reason}`);
});

test('a node that does not answer is shown first', () => {
  const nodes = { away: { pve: { since: '2026-01-02T03:04:05.678Z', why: 'connect: no route' } } };
  const [first] = statusText({ head: null, frozen: null, nodes, targets: [] }, false).split('\n');
  expect(first).toBe(
    'away since 2026-01-02 03:04:05 UTC: the node pve does not answer: connect: no route; what is due goes on when it does',
  );
});

test('a fault of what Phoenix needs is shown before the branch, which then says only what is known', () => {
  const what = 'the repository cannot be followed';
  const fault = { subject: 'repository', what, since: '2026-01-02T03:04:05.678Z', why: 'HTTP 401; set a token' };
  const told = { frozen: null, faults: [fault], targets: [] };
  const line = `fails since 2026-01-02 03:04:05 UTC: ${what}: HTTP 401; set a token`;
  expect(
    statusText({ head: null, ...told }, false)
      .split('\n')
      .slice(0, 2),
  ).toEqual([line, 'No commit was followed yet, since the repository cannot be followed.']);
  const head = { commit: 'a'.repeat(40), verdict: 'followed', base: 'a'.repeat(40) } as const;
  expect(statusText({ head, ...told }, false)).toContain('whether it has a newer one is not known');
});

test('targets are listed in columns in the words of the pages, with their remedies below them, and are counted', () => {
  const proved = '2026-01-02T03:04:05.678Z';
  const doubtful = {
    target: 'hypervisor/dns',
    state: 'doubtful',
    proved,
    doubt: 'run 7 looked: differs',
    running: null,
  };
  const failed = {
    target: 'vm/1001',
    state: 'unproved',
    outcome: 'failed',
    reason: 'qm start: no space',
    declared: false,
  };
  expect(text({ running: 'running' }, doubtful, { ...failed, running: 'stopped' })).toEqual([
    '  lxc/101         applied     aaaaaaa  running',
    '  hypervisor/dns  in doubt    aaaaaaa',
    '      proved 2026-01-02 03:04:05 UTC; run 7 looked: differs',
    '  vm/1001         not proved  aaaaaaa  stopped, no longer declared',
    '      last step failed: qm start: no space',
    '3 targets: 1 applied, 1 in doubt, 1 not proved',
  ]);
});

test('a word with which a reason begins is said once', () => {
  const reason = 'superseded by a newer run of this commit';
  const [, note] = text({ state: 'declared', outcome: 'superseded', reason });
  expect(note).toBe(`      last step ${reason}`);
});

test('what is adopted is told as that, and as created where it may not be there', () => {
  const step = { target: 'lxc/101', impact: 'live', outcome: 'unchanged', attempts: 1 };
  const actions = [{ summary: 'set tags of container 101 to phoenix', exit: null, ms: 0 }];
  const run = { id: '2', commit: 'a'.repeat(40), trigger: 'command', readOnly: true, state: 'succeeded', by: 'ada' };
  const shown = (verb: string, planned: string, changes: object = {}) => {
    const steps = [{ ...step, verb: planned, reason: null, actions, ...changes }];
    return runText({ ...run, verb, steps, reason: null, problems: [] } as never, false).split('\n')[1];
  };
  expect(shown('adopt', 'create')).toBe('  lxc/101 adopt or create: would act');
  expect(shown('converge', 'create')).toBe('  lxc/101 create: would act');
  const superseded = { outcome: 'superseded', reason: 'superseded by bbbbbbb' };
  expect(shown('converge', 'create', superseded)).toBe('  lxc/101 create: superseded by bbbbbbb');
});
