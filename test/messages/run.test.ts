// What `phoenix status` says of targets.

import { expect, test } from 'vitest';
import { statusText } from '../../src/messages/run.ts';

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
const line = (own: object): string =>
  statusText({ head: null, frozen: null, targets: [{ ...target, ...own }] } as never, false).split('\n')[1] ?? '';

test('a step that was applied with a remark is told with it, one without and an unchanged one are not', () => {
  const reason = '1 volume kept, not mounted: data (rpool:subvol-101-disk-1)';
  expect(line({ reason })).toBe(`  lxc/101  applied aaaaaaa last step applied: ${reason}`);
  expect(line({})).toBe('  lxc/101  applied aaaaaaa');
  expect(line({ outcome: 'unchanged', reason: 'as declared' })).toBe('  lxc/101  applied aaaaaaa');
});
