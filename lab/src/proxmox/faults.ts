// Faults that a test orders in `lab.json`: which call fails, and how. Calls are counted on disk, since each is a process of its own.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile, withLock } from './lock.ts';

/**
 * An ordered fault of the `nth` call of `program` whose arguments, joined by blanks, match. `fail` answers with `stderr` and `rc`; `hang` never ends;
 * `kill` dies as by SIGKILL; `lose-lock` fails as if another process held the guest's lock. With `after`, it happens once the change is written.
 */
export type Fault = {
  readonly program: string;
  /** A regular expression on the joined arguments; absent: every call. */
  readonly match?: string;
  /** Counted from 1; absent: every call. */
  readonly nth?: number;
  readonly do: 'fail' | 'hang' | 'kill' | 'lose-lock';
  readonly stderr?: string;
  readonly rc?: number;
  readonly after?: boolean;
};

/** The part of `lab.json` for calls: the delay of each in milliseconds, and the ordered faults. */
export type CallOrders = { readonly delayMs?: number; readonly faults?: readonly Fault[] };

/** Reads these orders; none without `lab.json`. */
export function callOrders(dir: string): CallOrders {
  const file = join(dir, 'lab.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as CallOrders) : {};
}

/** Counts this call for every fault that it matches; returns the first one that is due. */
export function dueFault(
  dir: string,
  faults: readonly Fault[],
  program: string,
  argv: readonly string[],
): Fault | undefined {
  const matching = faults.filter(
    (fault) => fault.program === program && new RegExp(fault.match ?? '').test(argv.join(' ')),
  );
  if (matching.length === 0) return undefined;
  const file = join(dir, 'run/lab/fault-counts.json');
  const counted = withLock(`${file}.lock`, 60_000, () => {
    const counts: Record<string, number> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    const due = matching.filter((fault) => {
      const key = JSON.stringify(fault);
      counts[key] = (counts[key] ?? 0) + 1;
      return fault.nth === undefined || counts[key] === fault.nth;
    });
    replaceFile(file, JSON.stringify(counts));
    return due[0];
  });
  return counted?.result;
}
