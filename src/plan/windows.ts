// When a policy lets runs begin. Pure: the time is given.

import { Cron } from 'croner';
import type { ApplyWindow, Policy } from '../model/policy.ts';

export type Opening =
  /** `until` is null where no end is in sight: always open, or window after window without a gap. */
  | { readonly open: true; readonly until: Date | null }
  | { readonly open: false; readonly opens: Date; readonly timezone: string };

/** Windows that are looked at for the end of what is open now; each that joins the one before it counts. */
const MOST_JOINED = 100;
const MINUTE_MS = 60_000;

/**
 * Windows that overlap or touch are one. A window opens at the minute that its expression names: where clocks skip it, at the
 * first minute after, and where clocks are set back, the first time only. It lasts as long as it says, whatever clocks show.
 */
export function windowAt({ applyWindows }: Pick<Policy, 'applyWindows'>, now: Date): Opening {
  const windows = applyWindows.map((window) => ({ ...window, schedule: scheduleOf(window) }));
  if (windows.length === 0) return { open: true, until: null };
  const at = now.getTime();
  let end = endOf(windows, at);
  if (end <= at) {
    const [next] = windows
      .flatMap(({ schedule, timezone }) => {
        const opens = schedule.nextRun(now);
        return opens === null ? [] : [{ open: false as const, opens, timezone }];
      })
      .sort((a, b) => a.opens.getTime() - b.opens.getTime());
    // An expression that names no day of any year is refused where it is read.
    return next ?? { open: true, until: null };
  }
  for (let joined = 0; joined < MOST_JOINED; joined += 1) {
    const further = endOf(windows, end);
    if (further <= end) return { open: true, until: new Date(end) };
    end = further;
  }
  return { open: true, until: null };
}

/** When the windows that opened last at or before `at` close, the latest of them; -Infinity when none has. */
function endOf(windows: readonly (ApplyWindow & { readonly schedule: Cron })[], at: number): number {
  const ends = windows.map(({ schedule, minutes }) => {
    // The library looks strictly before, in whole seconds.
    const [opened] = schedule.previousRuns(1, new Date(Math.floor(at / 1000) * 1000 + 1000));
    return opened === undefined ? Number.NEGATIVE_INFINITY : opened.getTime() + minutes * MINUTE_MS;
  });
  return Math.max(...ends);
}

function scheduleOf({ cron, timezone }: Pick<ApplyWindow, 'cron' | 'timezone'>): Cron {
  return new Cron(cron, { mode: '5-part', timezone });
}

/** Whether it is an expression of five fields that comes up at all; `@daily` and its like are. */
export function isSchedule(cron: string): boolean {
  // The library takes a date for a schedule, too.
  if (!/^(@\w+|\S+(\s+\S+){4})$/.test(cron.trim())) return false;
  try {
    return scheduleOf({ cron, timezone: 'Etc/UTC' }).nextRun(new Date('2024-01-01T00:00:00Z')) !== null;
  } catch {
    return false;
  }
}

/** Whether it is the IANA name of a time zone. */
export function isTimezone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}
