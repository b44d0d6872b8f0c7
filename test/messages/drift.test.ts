// What people are told of a look at the host: targets and fields as there is room, never a look as something that was done.

import { expect, test } from 'vitest';
import { differenceText, endOf, healed, isLook } from '../../src/messages/drift.ts';
import { runLine, runText } from '../../src/messages/run.ts';
import type { TargetId } from '../../src/model/ids.ts';
import type { FieldDifference, Run, StepRecord } from '../../src/model/run.ts';

const field = (
  name: string,
  declared: FieldDifference['declared'] = 512,
  observed: FieldDifference['observed'] = 2048,
) => ({
  field: name,
  declared,
  observed,
});

function step(target: string, differs: readonly FieldDifference[] | null, more: Partial<StepRecord> = {}): StepRecord {
  return {
    ...{ target: target as TargetId, verb: 'update', impact: 'live', attempts: 1, started: null, ended: null },
    ...(differs === null
      ? { outcome: 'unchanged', reason: null, actions: [] }
      : {
          ...{ outcome: 'failed', reason: 'differs from what is declared; to be done: set the memory', differs },
          actions: [{ summary: 'set the memory', exit: null, ms: 0 }],
        }),
    ...more,
  };
}

function look(steps: readonly StepRecord[], more: Partial<Run> = {}): Run {
  const failed = steps.some(({ outcome }) => outcome === 'failed');
  return {
    ...{ id: '7' as Run['id'], commit: 'a'.repeat(40), trigger: 'drift', verb: null, readOnly: true, by: 'ada' },
    ...{ state: failed ? 'failed' : 'succeeded', created: '', started: null, ended: '2026-01-01T00:00:00Z', steps },
    ...more,
  };
}

test('a status names targets with their fields, and what to do', () => {
  const two = [step('lxc/101', [field('memory_mb'), field('onboot')]), step('hypervisor/dns', [field('dns.names')])];
  expect(endOf(look([...two, step('lxc/102', null)]))).toEqual({
    state: 'failure',
    description:
      '2 of 3 differ: lxc/101 (memory_mb, onboot), hypervisor/dns (dns.names); phoenix drift --fix brings it back',
  });
  expect(endOf(look([step('lxc/102', null)]))).toEqual({
    state: 'success',
    description: '1 target checked, all as declared',
  });
});

test('where there is little room, targets come before fields, and what to do stays', () => {
  const many = Array.from({ length: 30 }, (_, index) =>
    step(`lxc/${101 + index}`, [field('memory_mb'), field('onboot')]),
  );
  const long = Array.from({ length: 3 }, (_, index) =>
    step(`stack/1002.${'x'.repeat(80)}${index}`, [field('y'.repeat(99))]),
  );
  expect(endOf(look(many)).description).toBe(
    '30 of 30 differ: lxc/101 (memory_mb, onboot), lxc/102 (memory_mb, onboot) and 28 more; phoenix drift --fix brings it back',
  );
  for (const { description } of [endOf(look(many)), endOf(look(long))]) {
    expect(description.length).toBeLessThanOrEqual(140);
    expect(description).toMatch(/; phoenix drift --fix brings it back$/);
  }
});

test('a failed observation is not a difference', () => {
  const failed = step('lxc/101', [], { reason: 'gave up after 3 attempts: exit 255', actions: [] });
  expect(endOf(look([failed, step('lxc/102', [field('onboot')])])).description).toContain(
    '1 of 2 differs, 1 of 2 could not be checked: lxc/102',
  );
  expect(endOf(look([failed])).description).toBe(
    '1 of 1 could not be checked: lxc/101: gave up after 3 attempts: exit 255',
  );
  expect(runLine(look([failed]), false)).toContain('run 7 failed: 1 failed');
});

test('a heal says what it restored, and what still differs with its fields', () => {
  const done = (target: string) => step(target, null, { outcome: 'applied' });
  const said = (steps: readonly StepRecord[], others: readonly StepRecord[]) => healed('7' as Run['id'], steps, others);
  expect(said([done('lxc/101')], [])).toEqual({ state: 'success', description: 'healed 1 target: lxc/101' });
  const differing = step('vm/1001', [field('cores')]);
  expect(said([done('lxc/101')], [differing])).toEqual({
    state: 'failure',
    description: 'healed 1 target: lxc/101; 1 differs: vm/1001 (cores); phoenix drift --fix brings it back',
  });
  const many = Array.from({ length: 9 }, (_, index) => done(`stack/1002.long-name-${index}`));
  expect(said(many, [differing, step('lxc/102', [field('memory_mb')])]).description).toBe(
    'healed 9 targets; 2 differ: vm/1001 (cores), lxc/102 (memory_mb); phoenix drift --fix brings it back',
  );
  for (const outcome of ['failed', 'skipped', 'blocked'] as const) {
    const away = step('lxc/102', [], { outcome, reason: 'the node is away', actions: [] });
    expect(said([done('lxc/101')], [away])).toEqual({
      state: 'failure',
      description: 'healed 1 target; 1 could not be checked: lxc/102: the node is away',
    });
  }
  const failed = step('lxc/101', null, { outcome: 'failed', reason: 'no space' });
  expect(said([failed], [differing]).description).toBe('1 of 1 failed: lxc/101: no space');
  expect(said([step('lxc/101', null)], [])).toMatchObject({ state: 'success' });
});

test('a terminal shows what differs, not a failure', () => {
  const run = {
    ...look([
      step('lxc/101', [{ ...field('memory_mb'), place: { file: 'etc/a.json', path: '/x', line: 9 } }]),
      step('lxc/102', null),
    ]),
    reason: null,
    problems: [],
  };
  expect(runText(run, false).split('\n')).toEqual([
    'run 7 found differences: 1 differs, 1 as declared (aaaaaaa, drift by ada)',
    '  lxc/102: as declared',
    '  lxc/101: differs from what is declared',
    '    memory_mb (etc/a.json:9): 512, observed 2048',
    '    would set the memory',
  ]);
});

test('short values are shown', () => {
  const long = 'x'.repeat(99);
  const text = [field('a', null, 1), field('b', 1, null), field('c', long, 1), field('d'), field('e')];
  expect(differenceText(text)).toBe(
    'a is 1, and not declared, b is not set, and 1 is declared, c differs, d is 2048 instead of 512, and 1 more field',
  );
});

test('a dry run is not described as a check', () => {
  expect(isLook(look([], { trigger: 'command', verb: 'stop' }))).toBe(false);
  expect([isLook(look([])), isLook(look([], { trigger: 'replay' })), isLook(look([], { readOnly: false }))]).toEqual([
    true,
    true,
    false,
  ]);
  const would = step('lxc/101', null, { actions: [{ summary: 'shut container 101 down', exit: null, ms: 0 }] });
  const stop = look([would, step('lxc/102', null)], { trigger: 'command', verb: 'stop' });
  expect(runLine(stop, false)).toBe(
    'run 7 succeeded: 1 would act, 1 with nothing to do (aaaaaaa, stop by ada, dry run)',
  );
});

test('a run that succeeded without steps had nothing to do, and one that was refused is not said to', () => {
  const create = look([], { trigger: 'command', verb: 'create', readOnly: false });
  expect(runLine(create, false)).toBe('run 7 succeeded: nothing to do (aaaaaaa, create by ada)');
  expect(runLine({ ...create, state: 'invalid' }, false)).toBe('run 7 invalid (aaaaaaa, create by ada)');
});

test('many steps that were skipped for one reason are one line', () => {
  const skipped = Array.from({ length: 6 }, (_, index) =>
    step(`lxc/${101 + index}`, null, { outcome: 'skipped', reason: 'it needs hypervisor/storage, which failed' }),
  );
  const other = step('lxc/110', null, { outcome: 'skipped', reason: 'it needs lxc/109, which failed' });
  const run = {
    ...look([...skipped, other], { readOnly: false, trigger: 'push', state: 'failed' }),
    reason: null,
    problems: [],
  };
  expect(runText(run, false).split('\n').slice(1)).toEqual([
    '  lxc/110 update: skipped: it needs lxc/109, which failed',
    '  lxc/101, lxc/102, lxc/103, lxc/104 and 2 more: skipped: it needs hypervisor/storage, which failed',
  ]);
});
