// Which targets the trailers of a commit message approve.

import { expect, test } from 'vitest';
import { trailers, trailersAnywhere } from '../../../src/plan/policy/trailers.ts';

test('reads the targets that trailers approve', () => {
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

test('finds trailers anywhere in a message that was assembled from others, whose lines may be cut or joined', () => {
  const text = '> * a long subject that … Phoenix-Approve : destroy lxc/105\nPhoenix-Approve:\n  recreate vm/1001';
  expect(trailers(text)).toEqual([]);
  expect(trailersAnywhere(text)).toEqual([
    { impact: 'destroy', target: 'lxc/105' },
    { impact: 'recreate', target: 'vm/1001' },
  ]);
});
