// Descriptions of statuses fit on one line within the forge's limit, contain no times, and keep the remedy.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  noSigningKeys,
  outsideWindow,
  tooManyCommits,
  unsigned,
  waitsUntil,
} from '../../src/messages/statuses/policy.ts';
import { applying, ended, frozen, invalid, rewritten, superseded } from '../../src/messages/statuses/run-status.ts';
import { runUrl, statusAlone } from '../../src/messages/statuses/status.ts';
import { stepReason, stepWaits } from '../../src/messages/statuses/step-status.ts';
import { type RunId, type TargetId, targetId } from '../../src/model/ids.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { Outcome, StepRecord } from '../../src/model/run.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const RUN = '17' as RunId;

function step(target: TargetId, changes: Partial<PlanStep> = {}): PlanStep {
  const plain = { kind: 'lxc', verb: 'update', impact: 'live', needs: [], wave: 1 } as const;
  return { target, ...plain, approval: false, approvals: 0, protected: false, changes: [], ...changes };
}

function record(target: TargetId, outcome: Outcome, reason: string | null = null): StepRecord {
  const times = { attempts: 1, started: null, ended: null, actions: [] };
  return { target, verb: 'update', impact: 'live', outcome, reason, ...times };
}

function problem(message: string): Problem {
  const place = { file: 'etc/phoenix_lxc_configs.json', path: '/lxc_configs/105', line: 12, column: 3 };
  return { severity: 'error', code: 'INVALID_VALUE', ...place, target: null, message, hint: null };
}

const [T1, T2, T3] = [targetId('lxc', 101), targetId('lxc', 105), targetId('vm', 1001)];

test('a run that waits for a window says how to continue at once, and no time', () => {
  expect(outsideWindow(A).description).toBe(
    'waits for an apply window of the policy; to go on now: phoenix replay aaaaaaa --now',
  );
  expect(waitsUntil(A, new Date('2026-07-01T00:30:00Z'), 'Europe/Berlin')).toBe(
    'waits for the apply window that opens on Wednesday, 1 July 2026 at 02:30 (Europe/Berlin); to go on now: phoenix replay aaaaaaa --now',
  );
});

test('an unsigned commit is named with the remedy, however long the reason', () => {
  expect(unsigned(A, 'is not signed').description).toBe('refused: aaaaaaa is not signed; sign it and push again');
  const { description } = statusAlone(A, 'phoenix/apply', unsigned(A, 'x'.repeat(200)));
  expect([description.length, description.endsWith('x; sign it and push again')]).toEqual([140, true]);
  const fixed = [noSigningKeys(), tooManyCommits(1000)].map((said) => said.description);
  expect(fixed.filter((text) => text.length > 140)).toEqual([]);
});

test('a run that waits for approvals says how many of them it has', () => {
  const one = step(T2, { impact: 'destroy', approval: true, approvals: 1 });
  expect(stepReason.needsApproval(RUN, one)).toBe('would destroy it; to allow it: phoenix approve 17 lxc/105');
  const token = { ...one, target: targetId('token', 'ada@pve!backup') };
  expect(stepReason.needsApproval(RUN, token)).toMatch(/: phoenix approve 17 'token\/ada@pve!backup'$/);
  expect(stepReason.needsApproval(RUN, { ...one, impact: 'live', approvals: 3 }, 2)).toBe(
    'would change it, with 2 of 3 approvals; to allow it: phoenix approve 17 lxc/105',
  );
});

test('every status fits the limit, on one line', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400, unit: 'grapheme' }), (text) => {
      const { description } = statusAlone(A, 'phoenix/apply', { state: 'failure', description: text });
      expect(description.length).toBeLessThanOrEqual(140);
      expect(description).not.toMatch(/[\n\r]/);
      expect(description.isWellFormed()).toBe(true);
    }),
  );
});

describe('sentences', () => {
  const plan: Plan = { from: null, to: A, steps: [step(T1), step(T2)] };
  const many: Plan = { from: null, to: A, steps: Array.from({ length: 9 }, (_, n) => step(targetId('lxc', 100 + n))) };

  test('describe a run', () => {
    expect(applying(plan).description).toBe('applies 2 targets: lxc/101, lxc/105');
    expect(applying(many).description).toBe(
      'applies 9 targets: lxc/100, lxc/101, lxc/102, lxc/103, lxc/104 and 4 more',
    );
    expect(superseded(A, B)).toEqual({ state: 'error', description: 'superseded by bbbbbbb' });
    expect(superseded(A, A).description).toBe('superseded by a newer run of this commit');
    expect(invalid([problem('memory_mb must be positive'), problem('x')]).description).toBe(
      '2 errors, nothing was changed. etc/phoenix_lxc_configs.json:12: memory_mb must be positive',
    );
    expect(rewritten(B, A).description).toContain('phoenix replay bbbbbbb --rewind');
    expect(statusAlone(A, 'phoenix/apply', frozen('x'.repeat(300))).description).toMatch(
      /^frozen: x+…x+; to go on: phoenix unfreeze$/,
    );
  });

  test('describe how a run ended: failures first, then what waits for a person', () => {
    expect(ended(RUN, [record(T1, 'applied'), record(T2, 'unchanged')])).toEqual({
      state: 'success',
      description: 'applied 1 target, 1 already as declared',
    });
    expect(ended(RUN, [record(T1, 'unchanged')]).description).toBe('1 target checked, all as declared');
    expect(ended(RUN, [record(T1, 'applied'), record(T2, 'blocked', 'waits'), record(T3, 'failed', 'exit 1')])).toEqual(
      {
        state: 'failure',
        description: '1 of 3 failed: vm/1001: exit 1',
      },
    );
    const reason = stepReason.needsApproval(RUN, step(T2, { impact: 'destroy' }));
    expect(ended(RUN, [record(T1, 'applied'), record(T2, 'blocked', reason)])).toEqual({
      state: 'failure',
      description: 'lxc/105: would destroy it; to allow it: phoenix approve 17 lxc/105',
    });
  });

  test('describe a step', () => {
    expect(stepWaits(step(T1, { verb: 'update', impact: 'restart' })).description).toBe('update planned, restarts it');
    expect(stepReason.skipped(T1, 'failed')).toBe('it needs lxc/101, which failed');
    expect(stepReason.skipped(T1, 'blocked')).toBe('it needs lxc/101, which is blocked');
  });
});

test('links lead to the run and the step', () => {
  expect(runUrl('https://phoenix.example/', RUN)).toBe('https://phoenix.example/runs/17');
  expect(runUrl('https://phoenix.example', RUN, T1)).toBe('https://phoenix.example/runs/17/lxc/101');
  expect(runUrl(null, RUN)).toBeNull();
});
