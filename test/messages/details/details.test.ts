// The details of checks and comments.

import { describe, expect, test } from 'vitest';
import { detailsOfPull, detailsOfRun, detailsOfStep } from '../../../src/messages/details/details.ts';
import { mergedMarkdown } from '../../../src/messages/details/merged.ts';
import { pullMarkdown } from '../../../src/messages/details/pull.ts';
import { planned } from '../../../src/messages/statuses/pull-request.ts';
import { type CommitSha, type RunId, targetId } from '../../../src/model/ids.ts';
import type { PlanStep } from '../../../src/model/plan.ts';
import type { ClassifiedProblem } from '../../../src/model/problem.ts';
import type { PullPlan } from '../../../src/model/pull.ts';
import type { StepRecord } from '../../../src/model/run.ts';
import type { RunDetail } from '../../../src/ports/runs.ts';

const [A, B] = ['a'.repeat(40) as CommitSha, 'b'.repeat(40) as CommitSha];
const [CA, PROXY] = [targetId('lxc', 103), targetId('lxc', 102)];

function step(target = CA, changes: Partial<PlanStep> = {}): PlanStep {
  return {
    target,
    kind: 'lxc',
    verb: 'update',
    impact: 'restart',
    needs: [],
    wave: 1,
    approval: false,
    approvals: 0,
    protected: false,
    changes: [{ path: '/memory', before: 512, after: 1024 }],
    ...changes,
  };
}

const destroyed = step(PROXY, {
  verb: 'delete',
  impact: 'destroy',
  approval: true,
  approvals: 1,
  needs: [CA],
  wave: 2,
  changes: [],
});
const problem: ClassifiedProblem = {
  severity: 'error',
  code: 'DUPLICATE_IP',
  file: 'etc/phoenix_lxc_configs.json',
  path: '/lxc_configs/103',
  line: 12,
  column: 3,
  target: CA,
  message: '10.0.0.10 is <b>taken</b>',
  hint: 'give it another',
  new: true,
};

function pull(changes: Partial<PullPlan> = {}): PullPlan {
  const steps = [step(), destroyed];
  return {
    pull: 7,
    title: 'More memory',
    author: 'ada',
    head: B,
    base: A,
    from: A,
    plan: { from: A, to: B, steps },
    problems: [],
    held: [],
    ok: true,
    root: '',
    created: '2026-11-23T10:00:00.000Z',
    ...changes,
  };
}

describe('a pull request', () => {
  test('shows what happens, its impact and how to approve it', () => {
    const text = pullMarkdown(pull());
    expect(text).toContain('0 to create, 1 to update, 1 to delete');
    expect(text).toContain('| `~` | `lxc/103` | update | `restarts 103` |  |');
    expect(text).toContain('| `-` | `lxc/102` | delete | `destroys the disk of 102` | **needs approval** |');
    expect(text).toContain('Phoenix-Approve: destroy lxc/102');
    expect(text).toContain('- /memory 512\n+ /memory 1024');
    expect(text).toContain('```mermaid\nflowchart LR');
    expect(text).toContain('t0 --> t1');
  });

  test('annotates the lines of its own problems by their path in the repository, and no older ones', () => {
    const old = { ...problem, new: false, line: 99 };
    const { annotations, summary, buttons } = detailsOfPull(
      pull({ problems: [problem, old], ok: false, root: 'infra' }),
      null,
    );
    expect(annotations).toEqual([
      {
        path: 'infra/etc/phoenix_lxc_configs.json',
        line: 12,
        level: 'failure',
        title: 'DUPLICATE_IP',
        message: '10.0.0.10 is <b>taken</b>\ngive it another',
      },
    ]);
    expect(summary).toContain('Refused: it brings errors');
    expect(summary).toContain('10.0.0.10 is \\<b\\>taken');
    expect(summary).toContain('1 problem that was there before');
    expect(buttons).toEqual(['replay']);
  });

  test('names both ways to approve, and the approvals so far', () => {
    const text = pullMarkdown(pull(), null, [{ target: targetId('lxc', 102), by: 'ada' }]);
    expect(pullMarkdown(pull())).toContain('/phoenix approve lxc/102');
    expect(text).toContain('`lxc/102` approved by ada');
    expect(text).not.toContain('/phoenix approve');
  });

  test('folds warnings at the end, and groups the same warning of many places', () => {
    const old = { ...problem, new: true, severity: 'warning' as const, message: 'is old' };
    const many = Array.from({ length: 14 }, (_, index) => ({ ...old, line: 100 + index }));
    const text = pullMarkdown(pull({ problems: [...many, { ...problem, new: true }], ok: false }));
    expect(text.match(/is old/g)).toHaveLength(1);
    expect(text).toContain('<details><summary>14 warnings</summary>');
    expect(text).toContain('and 4 more places');
    expect(text.indexOf('**error**')).toBeLessThan(text.indexOf('| `~` |'));
    expect(text.indexOf('14 warnings')).toBeGreaterThan(text.indexOf('mermaid'));
  });

  test('is truncated after a whole target, with a link to the rest', () => {
    const value = 'x'.repeat(60);
    const many = Array.from({ length: 900 }, (_, index) => {
      const changes = Array.from({ length: 3 }, (__, field) => ({
        path: `/field${field}`,
        before: value,
        after: `${value}y`,
      }));
      return step(targetId('lxc', 1000 + index), { changes });
    });
    const text = pullMarkdown(pull({ plan: { from: A, to: B, steps: many } }), 'https://phoenix.example.org/pulls/7');
    expect(text.length).toBeLessThan(65_000);
    expect(text).toContain('700 more targets: [see all](https://phoenix.example.org/pulls/7).');
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
    expect((text.match(/```/g)?.length ?? 0) % 2).toBe(0);
    expect(text).toMatch(/_The fields of \d+ more targets/);
  });

  test('summarises itself in one sentence', () => {
    expect(planned(pull())).toEqual({
      state: 'success',
      description: '1 to update, 1 to delete, 1 restart, 1 needs approval',
    });
    expect(planned(pull({ plan: { from: A, to: B, steps: [] } })).description).toBe('nothing would change');
    expect(planned(pull({ ok: false, problems: [problem] }))).toEqual({
      state: 'failure',
      description:
        'would be refused: 1 error. etc/phoenix_lxc_configs.json:12: 10.0.0.10 is <b>taken</b>; give it another',
    });
  });
});

function record(target = CA, changes: Partial<StepRecord> = {}): StepRecord {
  const nothing = { reason: null, attempts: 1, started: null, ended: null, actions: [] };
  return { target, verb: 'update', impact: 'restart', outcome: 'applied', ...nothing, ...changes };
}

function run(steps: readonly StepRecord[], changes: Partial<RunDetail> = {}): RunDetail {
  const secret = step(CA, { changes: [{ path: '/password', before: 'hunter2', after: 'hunter3' }] });
  return {
    id: '12' as RunId,
    commit: B,
    trigger: 'push',
    verb: null,
    readOnly: false,
    state: 'failed',
    created: '',
    started: null,
    ended: null,
    by: 'ada',
    steps,
    plan: { from: A, to: B, steps: [secret, destroyed] },
    digests: {},
    request: { commit: B, trigger: 'push', by: 'ada', created: '', targets: null, rewind: false, readOnly: false },
    approvals: [],
    notes: [],
    held: {},
    supersededBy: null,
    jobs: {},
    reason: null,
    problems: [],
    ...changes,
  };
}

describe('a run', () => {
  const failed = record(CA, {
    outcome: 'failed',
    reason: 'pct set ended with 255',
    actions: [{ summary: 'set memory of 103', exit: 255, ms: 900 }],
  });
  const waits = record(PROXY, { verb: 'delete', impact: 'destroy', outcome: 'blocked', reason: 'would destroy it' });

  test('shows each step in order with its reason, and no secret', () => {
    const { summary, buttons } = detailsOfRun(run([failed, waits]), 'failure', '');
    expect(summary).toContain('| 1 | `lxc/103` | update | failed | pct set ended with 255 |');
    expect(summary).toContain('| 2 | `lxc/102` | delete | blocked | would destroy it |');
    expect(summary).toContain('‹secret›');
    expect(summary).not.toContain('hunter');
    expect(summary).toContain('flowchart LR');
    expect(buttons).toEqual(['approve', 'replay']);
  });

  test('shows the actions and last output of a failed step', () => {
    const details = detailsOfStep(run([failed, waits]), CA, 'failure', ['line 1', '```', 'unable to parse']);
    expect(details?.summary).toContain('✗ set memory of 103');
    expect(details?.summary).toContain('````\nline 1\n```\nunable to parse\n````');
    expect(details?.buttons).toEqual(['replay']);
    expect(detailsOfStep(run([failed, waits]), PROXY, 'failure', [])?.buttons).toEqual(['approve', 'replay']);
  });

  test.each([
    ['protected', { plan: { from: A, to: B, steps: [step(), { ...destroyed, protected: true }] } }],
    ['held back', { held: { [PROXY]: 'an older problem' } }],
    ['ended', { ended: '2026-11-23T10:00:00.000Z' }],
  ])('offers no approval of a run that is %s', (_, changes) => {
    expect(detailsOfRun(run([failed, waits], changes), 'failure', '').buttons).toEqual(['replay']);
  });

  test('offers no buttons while it is in progress', () => {
    expect(detailsOfRun(run([failed, waits]), 'pending', '').buttons).toEqual([]);
  });

  test('the comment of its pull request says how to approve and to replay', () => {
    const text = mergedMarkdown(run([failed, waits]), 'https://phoenix.example.org/runs/12');
    expect(text).toContain('**Merged as `bbbbbbb`: failed**, [run 12](https://phoenix.example.org/runs/12).');
    expect(text).toContain('/phoenix approve lxc/102');
    expect(text).toContain('comment `/phoenix replay`');
  });
});
