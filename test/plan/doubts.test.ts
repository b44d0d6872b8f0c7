// When a target can no longer count as proved, because of what happened to a target that it depends on.

import { describe, expect, test } from 'vitest';
import type { TargetId } from '../../src/model/ids.ts';
import type { Applied, Target } from '../../src/model/target.ts';
import { doubtsOf, type Proofs, type States } from '../../src/plan/doubts.ts';

const id = (text: string) => text as TargetId;
const VM = id('vm/1001');
const PORTAINER = id('portainer/environment.app');
const STACK = id('stack/1001.shop');
const CA = id('lxc/103');
const CERTIFICATE = id('certificate/web.example');
const NETWORK = id('hypervisor/network');

const target = (own: TargetId, within: TargetId[], needs: TargetId[] = within): Target => {
  return { id: own, spec: {}, within, needs, protected: false };
};
const TARGETS = [
  target(NETWORK, []),
  target(VM, [], [NETWORK]),
  target(PORTAINER, [VM]),
  target(STACK, [VM, PORTAINER]),
  target(CA, [], [NETWORK]),
  target(CERTIFICATE, [CA]),
];
const HOUR = (hour: number) => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;

/** Everything was proved at ten o'clock. */
function proofs(changes: Record<string, Partial<Applied> | null> = {}, touched: TargetId[] = []): Proofs {
  const applied = TARGETS.flatMap(({ id: own }): [TargetId, Applied][] => {
    const change = changes[own];
    if (change === null) return [];
    return [[own, { target: own, commit: 'a', digest: 'd', at: HOUR(10), ...change }]];
  });
  return { applied: new Map(applied), touched: new Map(touched.map((one) => [one, { commit: 'a' }])) };
}

function doubts(known: Proofs, states: [TargetId, 'running' | 'stopped' | 'absent' | null][] = []) {
  const found = doubtsOf(known, TARGETS, new Map(states) satisfies States);
  return Object.fromEntries(
    [...found].map(([own, doubt]) => [own, 'need' in doubt ? `${doubt.kind} ${doubt.need}` : doubt.kind]),
  );
}

describe('the proof of a target is in doubt', () => {
  test('never while everything that it depends on is as it was proved', () => {
    expect(doubts(proofs())).toEqual({});
    expect(
      doubts(proofs(), [
        [VM, 'running'],
        [CA, 'stopped'],
      ]),
    ).toEqual({});
  });

  test('when the guest that contains it was deleted, at any depth', () => {
    expect(doubts(proofs({ [VM]: null }))).toEqual({
      [PORTAINER]: 'needs what is gone vm/1001',
      [STACK]: 'needs what is gone vm/1001',
    });
  });

  test('when the guest that contains it is not on the host, which is in doubt as well', () => {
    expect(doubts(proofs(), [[VM, 'absent']])).toEqual({
      [VM]: 'absent',
      [PORTAINER]: 'needs what is gone vm/1001',
      [STACK]: 'needs what is gone vm/1001',
    });
  });

  test('when the guest that contains it was recreated after the proof, but not before', () => {
    expect(doubts(proofs({ [CA]: { at: HOUR(11), made: HOUR(11) } }))).toEqual({
      [CERTIFICATE]: 'needs what was recreated lxc/103',
    });
    expect(doubts(proofs({ [CA]: { at: HOUR(11), made: HOUR(9) } }))).toEqual({});
    expect(doubts(proofs({ [CA]: { at: HOUR(11), made: HOUR(11) }, [CERTIFICATE]: { at: HOUR(12) } }))).toEqual({});
  });

  test('when the guest that contains it was left half changed', () => {
    expect(doubts(proofs({}, [CA]))).toEqual({ [CERTIFICATE]: 'needs what is not proved lxc/103' });
  });

  test('when it is inside a target that is in doubt', () => {
    const known = proofs({ [VM]: { at: HOUR(11), made: HOUR(11) }, [STACK]: { at: HOUR(12) } });
    expect(doubts(known)).toEqual({
      [PORTAINER]: 'needs what was recreated vm/1001',
      [STACK]: 'lies in what is in doubt portainer/environment.app',
    });
  });

  test('not because a section of the host failed, without a proof, or by records without times', () => {
    expect(doubts(proofs({}, [NETWORK]))).toEqual({});
    expect(doubts(proofs({ [CERTIFICATE]: null }, [CA]))).toEqual({});
    const old = proofs({ [CA]: { made: HOUR(11) } });
    const { at: _, ...without } = old.applied.get(CERTIFICATE) as Applied;
    expect(doubts({ ...old, applied: new Map([...old.applied, [CERTIFICATE, without]]) })).toEqual({});
  });

  test('and a cycle of dependencies ends the search', () => {
    const ring = [target(VM, [PORTAINER]), target(PORTAINER, [VM])];
    expect(doubtsOf(proofs(), ring, new Map())).toEqual(new Map());
  });
});
