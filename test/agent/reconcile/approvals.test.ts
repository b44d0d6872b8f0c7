import { expect, test } from 'vitest';
import { trailers } from '../../../src/agent/reconcile/approvals.ts';

test('trailers name what is allowed', () => {
  const message = [
    'Remove the old proxy',
    '',
    'Phoenix-Approve: destroy lxc/105',
    'phoenix-approve: Recreate vm/1001, vm/1002',
    'Phoenix-Approve: delete lxc/106',
    'Phoenix-Approve: everything',
    'Not-Phoenix-Approve: destroy lxc/107',
  ].join('\n');
  expect(trailers(message)).toEqual([
    { impact: 'destroy', target: 'lxc/105' },
    { impact: 'recreate', target: 'vm/1001' },
    { impact: 'recreate', target: 'vm/1002' },
    { impact: 'destroy', target: 'lxc/106' },
  ]);
});
