// The plan that is proposed for a commit: which targets become steps, and which problems refuse the commit or hold targets back.

import { describe, expect, test } from 'vitest';
import type { Declared } from '../../../src/agent/reconcile/desired-state.ts';
import { type Gathered, propose } from '../../../src/agent/reconcile/proposal.ts';
import type { Config } from '../../../src/managers/config.ts';
import { type CommitSha, type TargetId, targetId } from '../../../src/model/ids.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import { DEFAULT_POLICY } from '../../../src/model/policy.ts';
import type { Problem } from '../../../src/model/problem.ts';
import type { Applied, Target } from '../../../src/model/target.ts';

const A = 'a'.repeat(40) as CommitSha;
const B = 'b'.repeat(40) as CommitSha;
const impactOf = () => 'live' as const;

type Specs = Readonly<Record<number, JsonObject>>;

function targets(specs: Specs, needs: Readonly<Record<number, number[]>> = {}): Map<TargetId, Target> {
  return new Map(
    Object.entries(specs).map(([id, spec]) => {
      const target = targetId('lxc', id);
      return [
        target,
        { id: target, spec, needs: (needs[Number(id)] ?? []).map((need) => targetId('lxc', need)), protected: false },
      ];
    }),
  );
}

function declare(specs: Specs, problems: readonly Problem[] = [], needs = {}): Declared {
  const all = targets(specs, needs);
  const config = { hypervisor: { behavior: { maxDeleteShare: 0.5, rollbackOnFailure: false } } } as Config;
  const digests = new Map([...all].map(([id, { spec }]) => [id, JSON.stringify(spec)]));
  return { commit: B, root: '', config, targets: all, digests, problems };
}

/** What was applied at A. */
function applied(specs: Specs): Map<TargetId, Applied> {
  return new Map(
    Object.entries(specs).map(([id, spec]) => {
      const target = targetId('lxc', id);
      return [target, { target, commit: A, digest: JSON.stringify(spec) }];
    }),
  );
}

function gathered(before: Specs, declared: Declared, changes: Partial<Gathered> = {}): Gathered {
  const records = { applied: applied(before), touched: new Map() };
  const request = { targets: null, readOnly: false, trigger: 'push' } as const;
  return { declared, olderErrors: [], records, before: targets(before), request, policy: DEFAULT_POLICY, ...changes };
}

function steps(input: Gathered) {
  const proposal = propose(input, { impactOf });
  if (proposal.kind === 'invalid') return proposal.problems.map(({ code }) => code);
  return proposal.plan.steps.map(({ target, verb }) => `${verb} ${target}`);
}

function error(target: TargetId | null, line = 1): Problem {
  const place = { file: 'etc/phoenix_lxc_configs.json', path: '/x', line, column: 1 };
  return { severity: 'error', code: 'BAD_ADDRESS', ...place, target, message: 'not in the subnet', hint: null };
}

test('only what differs from what was applied is a step', () => {
  expect(steps(gathered({ 1: { a: 1 }, 2: { a: 1 } }, declare({ 1: { a: 1 }, 2: { a: 2 }, 3: {} })))).toEqual([
    'update lxc/2',
    'create lxc/3',
  ]);
  expect(steps(gathered({ 1: {} }, declare({ 1: {} })))).toEqual([]);
});

test('a target that was changed without proof is observed, whatever its digest', () => {
  const declared = declare({ 1: { a: 1 }, 2: { a: 1 } });
  const input = gathered({ 1: { a: 1 }, 2: { a: 1 } }, declared);
  const touched = new Map([[targetId('lxc', 1), { commit: A }]]);
  expect(steps({ ...input, records: { ...input.records, touched } })).toEqual(['update lxc/1']);
});

test('a person’s request observes everything, or the targets that it names', () => {
  const input = gathered({ 1: {}, 2: {} }, declare({ 1: {}, 2: {} }));
  expect(steps({ ...input, request: { targets: null, readOnly: false, trigger: 'replay' } })).toHaveLength(2);
  const one = { targets: [targetId('lxc', 2)], readOnly: false, trigger: 'replay' } as const;
  expect(steps({ ...input, request: one })).toEqual(['update lxc/2']);
});

describe('problems', () => {
  test('of the commit’s own refuse it whole', () => {
    expect(steps(gathered({}, declare({ 1: {} }, [error(null)])))).toEqual(['BAD_ADDRESS']);
    expect(steps(gathered({}, { ...declare({}), config: null }))).toEqual([]);
  });

  test('that were there before hold back only what they name, wherever they have moved to', () => {
    const declared = declare({ 1: { a: 2 }, 2: { a: 2 } }, [error(targetId('lxc', 1), 40)]);
    const input = gathered({ 1: { a: 1 }, 2: { a: 1 } }, declared, { olderErrors: [error(targetId('lxc', 1), 7)] });
    const proposal = propose(input, { impactOf });
    expect(proposal).toMatchObject({
      kind: 'plan',
      held: { 'lxc/1': 'held back by an older problem: etc/phoenix_lxc_configs.json:40: not in the subnet' },
      plan: { steps: [{ target: 'lxc/1' }, { target: 'lxc/2' }] },
    });
    const another = { ...error(targetId('lxc', 2)), message: 'something new' };
    expect(steps({ ...input, declared: { ...declared, problems: [...declared.problems, another] } })).toHaveLength(2);
    expect(propose({ ...input, declared: { ...declared, problems: [another] } }, { impactOf }).kind).toBe('invalid');
  });
});

test('a ring is a problem, not a crash', () => {
  expect(steps(gathered({}, declare({ 1: {}, 2: {} }, [], { 1: [2], 2: [1] })))).toEqual(['DEPENDENCY_CYCLE']);
});
