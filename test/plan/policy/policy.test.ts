// Who may approve which impact and how many approvals are needed; of two policies the stricter one applies.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { targetId } from '../../../src/model/ids.ts';
import type { Change, Impact } from '../../../src/model/plan.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import {
  approvalsNeeded,
  approversOf,
  guarded,
  isApproved,
  isGuarded,
  mayApprove,
  mayDestroy,
  mayInterrupt,
  stricter,
} from '../../../src/plan/policy/policy.ts';
import { anyNames, anyPolicy, by, GUEST, policy, step } from '../policies.ts';
import { target, targetMap } from '../targets.ts';

const IMPACTS: readonly Impact[] = ['live', 'restart', 'recreate', 'destroy'];
const CHANGED = [{ path: '/cores', before: 1, after: 2 }];

describe('approvals', () => {
  test('by default, destroying or recreating needs the approval of one person', () => {
    const needed = IMPACTS.map((impact) => approvalsNeeded(policy(), { impact, verb: 'update', changes: CHANGED }));
    expect(needed).toEqual([0, 0, 1, 1]);
  });

  test('observing an unchanged target needs no approval, whatever the policy says', () => {
    const strict = policy({ approvals: { destroy: 1, recreate: 1, restart: 1, live: 2 } });
    expect(approvalsNeeded(strict, { impact: 'live', verb: 'update', changes: [] })).toBe(0);
    expect(approvalsNeeded(strict, { impact: 'live', verb: 'update', changes: CHANGED })).toBe(2);
    expect(approvalsNeeded(strict, { impact: 'live', verb: 'create', changes: [] })).toBe(2);
  });

  test('two approvals are those of two persons, however their names are spelt', () => {
    const two = step('destroy', 2);
    expect(isApproved(policy(), two, by('ada'))).toBe(false);
    expect(isApproved(policy(), two, by('ada', 'ada', 'ADA'))).toBe(false);
    expect(isApproved(policy(), two, by('ada', 'bob'))).toBe(true);
    expect(approversOf(policy(), GUEST, by('bob', 'Ada', 'ada'))).toEqual(['bob', 'Ada']);
  });

  test('approvals of another target, or by somebody without the right, do not count', () => {
    const few = policy({ approvers: ['ada', 'Bob@example.org'] });
    const other = by('ada').map((each) => ({ ...each, target: targetId('lxc', 102) }));
    expect(isApproved(few, step('destroy', 1), [...other, ...by('eve')])).toBe(false);
    expect(isApproved(few, step('destroy', 1), by('bob@example.org'))).toBe(true);
    expect([mayApprove(few, 'ADA'), mayApprove(few, 'eve'), mayApprove(policy(), 'eve')]).toEqual([true, false, true]);
  });

  test('a plan of an older version without numbers needs one approval where it requires any', () => {
    const { approvals: _, ...old } = step('destroy', 1);
    expect([isApproved(policy(), old, []), isApproved(policy(), old, by('ada'))]).toEqual([false, true]);
    expect(isApproved(policy(), { ...old, approval: false }, [])).toBe(true);
  });

  test('an action that turns out to destroy needs the approvals for a destroy, although none was planned', () => {
    const lax = policy({ approvals: { destroy: 2, recreate: 0, restart: 0, live: 0 } });
    expect(mayDestroy(lax, step('recreate', 0), [])).toBe(true);
    expect(mayDestroy(lax, step('live', 0), by('ada'))).toBe(false);
    expect(mayDestroy(lax, step('live', 0), by('ada', 'bob'))).toBe(true);
    expect(mayDestroy(policy(), step('live', 0), [])).toBe(false);
  });

  test('an adopted target is interrupted only with an approval, however little the policy requires', () => {
    const none = policy({ approvals: { destroy: 0, recreate: 0, restart: 0, live: 0 } });
    expect([mayInterrupt(none, GUEST, []), mayInterrupt(none, GUEST, by('ada'))]).toEqual([false, true]);
    const two = policy({ approvals: { destroy: 1, recreate: 1, restart: 2, live: 0 } });
    expect([mayInterrupt(two, GUEST, by('ada')), mayInterrupt(two, GUEST, by('ada', 'bob'))]).toEqual([false, true]);
  });

  test('an additional approval never revokes permission', () => {
    fc.assert(
      fc.property(anyPolicy, fc.nat(3), anyNames, fc.string(), (any, needed, names, more) => {
        const one = step('destroy', needed);
        if (isApproved(any, one, by(...names))) expect(isApproved(any, one, by(...names, more))).toBe(true);
        if (mayDestroy(any, one, by(...names))) expect(mayDestroy(any, one, by(...names, more))).toBe(true);
      }),
    );
  });
});

describe('protection', () => {
  test('an id means the container or the VM with that id, and nothing else of that name', () => {
    const both = policy({ protected: ['101', 'vm/1001'] });
    const asked = ['lxc/101', 'vm/101', 'vm/1001', 'lxc/1001', 'hypervisor/101'];
    expect(asked.filter((id) => isGuarded(both, id as typeof GUEST))).toEqual(['lxc/101', 'vm/101', 'vm/1001']);
  });

  test('applies to targets, and to the steps that delete them', () => {
    const before = targetMap(target('lxc/101'), target('lxc/102'));
    expect([...guarded(before, policy({ protected: ['101'] })).values()].map((each) => each.protected)).toEqual([
      true,
      false,
    ]);
    const impact = ({ verb }: Change): Impact => (verb === 'delete' ? 'destroy' : 'live');
    const strict = policy({ protected: ['101'], approvals: { destroy: 2, recreate: 1, restart: 0, live: 0 } });
    const made = makePlan({ from: null, to: 'b', before, after: new Map(), impact, policy: strict });
    expect(made).toMatchObject({
      plan: {
        steps: [
          { target: 'lxc/101', approval: true, approvals: 2, protected: true },
          { target: 'lxc/102', approval: true, approvals: 2, protected: false },
        ],
        policy: strict,
      },
    });
  });
});

describe('the stricter of two', () => {
  test('takes the stricter requirement of each', () => {
    const one = policy({
      approvals: { destroy: 2, recreate: 0, restart: 1, live: 0 },
      approvers: ['ada', 'bob'],
      protected: ['101'],
      signedCommits: 'head',
      maxDeletePercent: 10,
    });
    const other = policy({ approvers: ['Bob', 'eve'], protected: ['vm/1001', '101'] });
    expect(stricter(one, other)).toEqual({
      approvals: { destroy: 2, recreate: 1, restart: 1, live: 0, secrets: 0 },
      approvers: ['bob'],
      approvalsBy: 'comment',
      maxDeletePercent: 10,
      protected: ['101', 'vm/1001'],
      applyWindows: [],
      signedCommits: 'head',
    });
  });

  test('keeps the windows of the previous policy, if it has any', () => {
    const night = { cron: '0 2 * * *', minutes: 60, timezone: 'Etc/UTC' };
    const noon = { ...night, cron: '0 12 * * *' };
    const windows = (before: readonly (typeof night)[], after: readonly (typeof night)[]) =>
      stricter(policy({ applyWindows: before }), policy({ applyWindows: after })).applyWindows;
    expect([windows([night], [noon]), windows([night], []), windows([], [noon])]).toEqual([[night], [night], [noon]]);
  });

  test('whatever it approves, both policies approve', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, anyNames, fc.constantFrom(...IMPACTS), (one, other, names, impact) => {
        const both = stricter(one, other);
        const approved = (any: typeof one) => {
          const needed = approvalsNeeded(any, { impact, verb: 'update', changes: CHANGED });
          return isApproved(any, step(impact, needed), by(...names));
        };
        if (approved(both)) expect([approved(one), approved(other)]).toEqual([true, true]);
        if (isGuarded(one, GUEST)) expect(isGuarded(both, GUEST)).toBe(true);
        expect(stricter(both, one)).toEqual(both);
        expect(both.signedCommits).toBe(stricter(other, one).signedCommits);
      }),
    );
  });
});
