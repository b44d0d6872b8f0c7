import { describe, expect, test } from 'vitest';
import { trailerApprovals, trailers } from '../../../src/agent/reconcile/approvals.ts';
import { type CommitSha, targetId } from '../../../src/model/ids.ts';
import { DEFAULT_POLICY } from '../../../src/model/policy.ts';
import type { Repository } from '../../../src/ports.ts';

test('trailers name what is allowed', () => {
  const message = [
    'Remove the old proxy',
    '',
    'Phoenix-Approve: destroy lxc/105',
    'phoenix-approve: Recreate vm/1001, vm/1002',
    'Phoenix-Approve: delete lxc/106',
    'Phoenix-Approve: live lxc/108',
    'Phoenix-Approve: everything',
    'Not-Phoenix-Approve: destroy lxc/107',
  ].join('\n');
  expect(trailers(message)).toEqual([
    { impact: 'destroy', target: 'lxc/105' },
    { impact: 'recreate', target: 'vm/1001' },
    { impact: 'recreate', target: 'vm/1002' },
    { impact: 'destroy', target: 'lxc/106' },
    { impact: 'live', target: 'lxc/108' },
  ]);
});

describe('whose approval a trailer is', () => {
  const HEAD = 'a'.repeat(40) as CommitSha;
  const GUEST = targetId('lxc', 105);
  const repository = {
    commit: async () => ({
      sha: HEAD,
      parents: [],
      message: 'Out\n\nPhoenix-Approve: destroy lxc/105',
      author: 'Ada L',
    }),
  } as unknown as Repository;
  const step = {
    kind: 'lxc',
    verb: 'delete',
    impact: 'destroy',
    needs: [],
    wave: 1,
    protected: false,
    changes: [],
  } as const;
  const given = async (pusher: string | null, approvers: readonly string[] | null) => {
    const steps = [{ ...step, target: GUEST, approval: true, approvals: 1 }];
    const plan = { from: null, to: HEAD, steps, policy: { ...DEFAULT_POLICY, approvers } };
    return (await trailerApprovals(repository, plan, null, HEAD, 'now', pusher)).map(({ by }) => by);
  };

  test('that of whoever pushed it, as the forge knows them', async () => {
    expect(await given('ada', null)).toEqual(['ada']);
    expect(await given('eve', ['ada'])).toEqual(['eve']);
  });

  test('where nobody says who pushed, that of the author, unless persons are named', async () => {
    expect(await given(null, null)).toEqual(['Ada L']);
    expect(await given(null, ['Ada L'])).toEqual([]);
  });
});
