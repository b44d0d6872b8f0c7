// Which problems of a commit are new compared with the commit before, even if lines have moved.

import { expect, test } from 'vitest';
import { type TargetId, targetId } from '../../src/model/ids.ts';
import type { Problem } from '../../src/model/problem.ts';
import { markNew } from '../../src/plan/new-problems.ts';

function problem(path: string, target: TargetId, message = 'taken'): Problem {
  const place = { file: 'etc/phoenix_vm_configs.json', path, line: 3, column: 5 };
  return { severity: 'error', code: 'DUPLICATE_NAME', ...place, target, message, hint: null };
}

const seven = targetId('vm', 1007);

test('a problem that existed before is not new, wherever it has moved to in its file', () => {
  const moved = { ...problem('/vms/3/name', seven), line: 40 };
  expect(markNew([problem('/vms/2/name', seven)], [moved])).toEqual([{ ...moved, new: false }]);
});

test('another guest, text or field makes another problem', () => {
  const before = [problem('/vms/2/name', seven)];
  const after = [
    problem('/vms/2/name', targetId('vm', 1008)),
    problem('/vms/2/name', seven, 'empty'),
    problem('/vms/2/vmid', seven),
  ];
  expect(markNew(before, after).map((one) => one.new)).toEqual([true, true, true]);
});

test('one more problem of the same kind is new', () => {
  const one = problem('/vms/2/name', seven);
  expect(markNew([one], [one, one]).map((each) => each.new)).toEqual([false, true]);
});
