// When the renewal of a certificate is tried, and tried again after a failure.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TargetId } from '../../src/model/ids.ts';
import { renewals } from '../../src/plan/renewals.ts';

const A = 'certificate/a' as TargetId;
const MINUTE = 60_000;

describe('renewals', () => {
  test('are tried when they are due, then after 1, 2, 4 … minutes, and after an hour at most', () => {
    const due = new Map([[A, 1_000 * MINUTE]]);
    const tries: number[] = [];
    let tried = new Map<TargetId, { tries: number; at: number }>();
    for (let minute = 990; minute < 1_300; minute += 1) {
      const { now } = renewals(due, tried, minute * MINUTE);
      if (now.length === 0) continue;
      tries.push(minute - 1_000);
      tried = new Map([[A, { tries: tries.length, at: minute * MINUTE }]]);
    }
    expect(tries).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  });

  test('forget their tries once they are no longer due', () => {
    const tried = new Map([[A, { tries: 3, at: 10 }]]);
    expect(renewals(new Map([[A, 5]]), tried, 20).settled).toEqual([]);
    expect(renewals(new Map([[A, 500]]), tried, 20).settled).toEqual([A]);
    expect(renewals(new Map(), tried, 20).settled).toEqual([A]);
  });

  test('try each target now, later or never, and report the time of the next try', () => {
    const ids = ['certificate/a', 'certificate/b', 'lxc/101'] as TargetId[];
    const times = fc.array(fc.tuple(fc.constantFrom(...ids), fc.integer({ min: 0, max: 1e9 }))).map((e) => new Map(e));
    const record = fc.record({ tries: fc.integer({ min: 1, max: 50 }), at: fc.integer({ min: 0, max: 1e9 }) });
    const records = fc.array(fc.tuple(fc.constantFrom(...ids), record)).map((e) => new Map(e));
    fc.assert(
      fc.property(times, records, fc.integer({ min: 0, max: 1e9 }), (due, tried, now) => {
        const found = renewals(due, tried, now);
        for (const target of found.now) expect(due.get(target)).toBeLessThanOrEqual(now);
        expect(found.next === null).toBe(found.now.length === due.size);
        if (found.next === null) return;
        expect(found.next).toBeGreaterThan(now);
        const left = new Map([...tried].filter(([target]) => !found.settled.includes(target)));
        expect(renewals(due, left, found.next).now.length).toBeGreaterThan(0);
      }),
    );
  });
});
