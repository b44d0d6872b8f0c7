// Decides when a policy allows runs to start. Pure: the time is a parameter.

import { Cron } from 'croner';
import type { ApplyWindow, Policy } from '../../model/policy.ts';

export type Opening =
  /** `until` is null without a foreseeable end: always open, or windows that follow each other without a gap. */
  | { readonly open: true; readonly until: Date | null }
  | { readonly open: false; readonly opens: Date; readonly timezone: string };

/** Maximum number of adjoining windows that are followed to find the end of the open one. */
const MAX_JOINED = 100;
const MINUTE_MS = 60_000;

/**
 * Windows that overlap or adjoin are merged. A window opens at the minute that its expression gives: if clocks skip it, at the
 * first minute after; if clocks are set back, at its first occurrence only. Its duration is real time, whatever clocks show.
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
    // An expression that never occurs is refused when it is read.
    return next ?? { open: true, until: null };
  }
  for (let joined = 0; joined < MAX_JOINED; joined += 1) {
    const further = endOf(windows, end);
    if (further <= end) return { open: true, until: new Date(end) };
    end = further;
  }
  return { open: true, until: null };
}

/** The latest end of the windows that opened last at or before `at`; -Infinity for none. */
function endOf(windows: readonly (ApplyWindow & { readonly schedule: Cron })[], at: number): number {
  const ends = windows.map(({ schedule, minutes }) => {
    // The library searches strictly before, in whole seconds.
    const [opened] = schedule.previousRuns(1, new Date(Math.floor(at / 1000) * 1000 + 1000));
    return opened === undefined ? Number.NEGATIVE_INFINITY : opened.getTime() + minutes * MINUTE_MS;
  });
  return Math.max(...ends);
}

function scheduleOf({ cron, timezone }: Pick<ApplyWindow, 'cron' | 'timezone'>): Cron {
  return new Cron(cron, { mode: '5-part', timezone });
}

/** Whether it is an expression of five fields, or an alias such as `@daily`, that ever occurs. */
export function isSchedule(cron: string): boolean {
  // The library also accepts a date as schedule.
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
