// When apply windows are open, across changes of the clock and in any combination.

import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApplyWindow } from '../../../src/model/policy.ts';
import { isSchedule, isTimezone, windowAt } from '../../../src/plan/policy/windows.ts';
import { LONG_TEST } from '../../support/long.ts';

const HOUR = 60;
const BERLIN = 'Europe/Berlin';

function window(cron: string, minutes: number, timezone = 'Etc/UTC'): ApplyWindow {
  return { cron, minutes, timezone };
}

/** `open until …`, or `opens …`. */
function at(time: string, ...applyWindows: readonly ApplyWindow[]): string {
  const found = windowAt({ applyWindows }, new Date(time));
  return found.open ? `open until ${found.until?.toISOString()}` : `opens ${found.opens.toISOString()}`;
}

describe('a window', () => {
  const weekdays = window('0 2 * * 1-5', 3 * HOUR);

  test('includes its first moment and excludes its last', () => {
    // 2 March 2026 is a Monday.
    expect(at('2026-03-02T01:59:59.999Z', weekdays)).toBe('opens 2026-03-02T02:00:00.000Z');
    expect(at('2026-03-02T02:00:00Z', weekdays)).toBe('open until 2026-03-02T05:00:00.000Z');
    expect(at('2026-03-02T04:59:59.999Z', weekdays)).toBe('open until 2026-03-02T05:00:00.000Z');
    expect(at('2026-03-02T05:00:00Z', weekdays)).toBe('opens 2026-03-03T02:00:00.000Z');
    expect(at('2026-03-06T05:00:00Z', weekdays)).toBe('opens 2026-03-09T02:00:00.000Z');
  });

  test('follows the clock of its time zone, and keeps its duration where the clock changes', () => {
    const night = window('0 1 * * *', 3 * HOUR, BERLIN);
    expect(at('2026-01-10T12:00:00Z', night)).toBe('opens 2026-01-11T00:00:00.000Z');
    expect(at('2026-07-10T12:00:00Z', night)).toBe('opens 2026-07-10T23:00:00.000Z');
    // On 29 March 02:00 becomes 03:00, on 25 October 03:00 becomes 02:00.
    expect(at('2026-03-29T00:00:00Z', night)).toBe('open until 2026-03-29T03:00:00.000Z');
    expect(at('2026-10-24T23:00:00Z', night)).toBe('open until 2026-10-25T02:00:00.000Z');
  });

  test('opens right after a skipped hour, and once in a repeated hour', () => {
    const half = window('30 2 * * *', 30, BERLIN);
    expect(at('2026-03-29T00:30:00Z', half)).toBe('opens 2026-03-29T01:00:00.000Z');
    expect(at('2026-10-25T00:00:00Z', half)).toBe('opens 2026-10-25T00:30:00.000Z');
    expect(at('2026-10-25T01:00:00Z', half)).toBe('opens 2026-10-26T01:30:00.000Z');
  });

  test('is joined with windows that it overlaps or touches', () => {
    const [first, second, third] = [window('0 1 * * *', 90), window('0 2 * * *', 60), window('0 3 * * *', 60)];
    expect(at('2026-03-02T01:30:00Z', first, third, second)).toBe('open until 2026-03-02T04:00:00.000Z');
    expect(at('2026-03-02T01:30:00Z', first, third)).toBe('open until 2026-03-02T02:30:00.000Z');
    expect(at('2026-03-02T02:45:00Z', first, third)).toBe('opens 2026-03-02T03:00:00.000Z');
  });

  test('without windows, or with one that never ends, it is always open', () => {
    expect(windowAt({ applyWindows: [] }, new Date(0))).toEqual({ open: true, until: null });
    expect(windowAt({ applyWindows: [window('*/10 * * * *', 10)] }, new Date(0))).toEqual({ open: true, until: null });
  });
});

describe('any set of windows', () => {
  const anyWindow = fc.record({
    cron: fc.constantFrom(
      '0 2 * * *',
      '30 2 * * *',
      '0 22 * * 5',
      '15 */6 * * *',
      '0 0 1 * *',
      '45 1 * * 0',
      '0 3 L * *',
    ),
    minutes: fc.integer({ min: 1, max: 30 * HOUR }),
    timezone: fc.constantFrom('Etc/UTC', BERLIN, 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
  });
  /** Minutes around the days when clocks change, and others. */
  const anyTime = fc
    .tuple(fc.constantFrom('2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-06-15'), fc.nat(4 * 24 * HOUR))
    .map(([day, minutes]) => Date.parse(`${day}T00:00:00Z`) + (minutes - 2 * 24 * HOUR) * 60_000);

  /** Every opening from long before on, as the library finds them going forward. */
  function isOpen(windows: readonly ApplyWindow[], time: number): boolean {
    return windows.some(({ cron, minutes, timezone }) => {
      const schedule = new Cron(cron, { mode: '5-part', timezone });
      let opening = schedule.nextRun(new Date(time - minutes * 60_000 - 1000));
      while (opening !== null && opening.getTime() <= time) {
        if (time < opening.getTime() + minutes * 60_000) return true;
        opening = schedule.nextRun(opening);
      }
      return false;
    });
  }

  test('is open exactly while one of them is, and changes at the reported time', LONG_TEST, () => {
    fc.assert(
      fc.property(fc.array(anyWindow, { minLength: 1, maxLength: 3 }), anyTime, (applyWindows, time) => {
        const found = windowAt({ applyWindows }, new Date(time));
        expect(found.open).toBe(isOpen(applyWindows, time));
        const turn = found.open ? found.until?.getTime() : found.opens.getTime();
        if (turn === undefined) return;
        expect(turn).toBeGreaterThan(time);
        expect([isOpen(applyWindows, turn - 1), isOpen(applyWindows, turn)]).toEqual([found.open, !found.open]);
      }),
      { numRuns: 80 },
    );
  });
});

test('accepts valid schedules and time zones, and refuses others', () => {
  expect(['0 2 * * 1-5', '@daily', '0 2 * * MON-FRI', '0 0 29 2 *'].filter((cron) => !isSchedule(cron))).toEqual([]);
  const wrong = ['', '61 * * * *', '0 2 * *', '0 0 2 * * *', '0 0 30 2 *', '2026-01-01T00:00:00', 'at night'];
  expect(wrong.filter(isSchedule)).toEqual([]);
  expect(['Etc/UTC', BERLIN, 'UTC', 'Europe/Nowhere', '+02:00', ''].filter(isTimezone)).toEqual([
    'Etc/UTC',
    BERLIN,
    'UTC',
  ]);
});
