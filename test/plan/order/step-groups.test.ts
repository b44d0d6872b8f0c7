// Plans of any size as a readable diagram: no more boxes and lines than requested, every step in one box, and no order lost.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TargetId } from '../../../src/model/ids.ts';
import { groupSteps } from '../../../src/plan/order/step-groups.ts';

const step = (target: string, wave: number, needs: readonly string[] = []) => {
  return { target: target as TargetId, wave, needs: needs as readonly TargetId[] };
};
const LIMITS = { boxes: 4, lines: 4 };
const shown = ({ groups, lines }: ReturnType<typeof groupSteps>) => [
  groups.map(({ waves, kind, targets }) => `${waves.join('-')} ${kind} ${targets.length}`),
  lines.map(({ from, to }) => `${from} > ${to}`),
];

test('few steps are not grouped, and indirect dependencies get no edge', () => {
  const steps = [step('lxc/1', 1), step('lxc/2', 2, ['lxc/1']), step('vm/3', 3, ['lxc/1', 'lxc/2'])];
  expect(shown(groupSteps(steps, LIMITS))).toEqual([
    ['1-1 lxc 1', '2-2 lxc 1', '3-3 vm 1'],
    ['lxc/1 > lxc/2', 'lxc/2 > vm/3'],
  ]);
});

test('more steps are grouped by kind and wave, then by wave, then by consecutive waves', () => {
  const guests = (wave: number, kind: string, count: number, needs: readonly string[] = []) =>
    Array.from({ length: count }, (_, index) => step(`${kind}/${wave}${index}`, wave, needs));
  const few = [...guests(1, 'lxc', 3), ...guests(2, 'lxc', 2, ['lxc/10']), ...guests(2, 'vm', 2, ['lxc/11', 'lxc/12'])];
  expect(shown(groupSteps(few, LIMITS))).toEqual([
    ['1-1 lxc 3', '2-2 lxc 2', '2-2 vm 2'],
    ['wave 1 lxc > wave 2 lxc', 'wave 1 lxc > wave 2 vm'],
  ]);
  const more = [...few, ...guests(3, 'stack', 2, ['vm/20']), ...guests(3, 'gateway', 1, ['lxc/20'])];
  expect(shown(groupSteps(more, LIMITS))).toEqual([
    ['1-1 lxc 3', '2-2 null 4', '3-3 null 3'],
    ['wave 1 > wave 2', 'wave 2 > wave 3'],
  ]);
  const long = Array.from({ length: 9 }, (_, index) =>
    step(`lxc/${index}`, index, index === 0 ? [] : [`lxc/${index - 1}`]),
  );
  expect(shown(groupSteps(long, LIMITS))).toEqual([
    ['0-2 lxc 3', '3-5 lxc 3', '6-8 lxc 3'],
    ['band 0 > band 1', 'band 1 > band 2'],
  ]);
});

test('any plan fits, contains every step once, and has edges from dependencies to dependants', () => {
  const plan = fc.array(fc.tuple(fc.constantFrom('lxc', 'vm', 'stack'), fc.nat(200), fc.array(fc.nat(200))), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(plan, (raw) => {
      const waves: number[] = [];
      const steps = raw.map(([kind, , needs], index) => {
        const below = needs.filter((need) => need < index);
        waves.push(1 + Math.max(0, ...below.map((need) => waves[need] ?? 0)));
        return step(
          `${kind}/${index}`,
          waves[index] ?? 1,
          below.map((need) => `${raw[need]?.[0]}/${need}`),
        );
      });
      const { groups, lines } = groupSteps(steps, LIMITS);
      expect(groups.length).toBeLessThanOrEqual(LIMITS.boxes);
      expect(groups.flatMap(({ targets }) => targets).sort()).toEqual(steps.map(({ target }) => target).sort());
      const byKey = new Map(groups.map((group) => [group.key, group]));
      for (const { from, to } of lines) expect(byKey.get(from)?.waves[0]).toBeLessThan(byKey.get(to)?.waves[1] ?? 0);
    }),
  );
});
