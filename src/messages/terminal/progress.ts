// A run as it goes on, for a terminal: what runs now and what waits, each on a line that fits. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { Run, StepRecord } from '../../model/run.ts';
import { CHECK, isLook } from '../drift.ts';
import { printable } from '../printable.ts';
import { outcomeCounts, stepVerb } from '../run.ts';
import { paint } from './paint.ts';
import { cutToWidth } from './width.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Lines of a terminal that stay for what was there before. */
const LEFT_FREE = 3;

export interface Progress {
  readonly run: Run;
  /** The newest line that each step printed. */
  readonly printed: ReadonlyMap<TargetId, string>;
  readonly now: Date;
  /** Counts the pictures: the spinner turns by it. */
  readonly picture: number;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
}

/** Steps that run, then those that wait, as many as there is room for; how many are done in the last line. */
export function progressBlock({ run, printed, now, picture }: Progress, { columns, rows, colours }: Screen): string[] {
  const running = run.steps.filter(({ outcome, started }) => outcome === null && started !== null);
  const waiting = run.steps.filter(({ outcome, started }) => outcome === null && started === null);
  const room = Math.max(1, rows - LEFT_FREE);
  const shown = [...running, ...waiting].slice(0, room);
  const spinner = FRAMES[picture % FRAMES.length] ?? '';
  const width = Math.max(0, ...shown.map(({ target }) => target.length));
  const lines = shown.map((step) => {
    const isRunning = step.started !== null;
    const told = isRunning ? `${elapsed(step, now)}  ${step.reason ?? printed.get(step.target) ?? ''}` : 'waits';
    const text = `${step.target.padEnd(width)}  ${isLook(run) ? CHECK : stepVerb(run, step)}  ${told}`;
    return `${isRunning ? paint(spinner, 'bold', colours) : '·'} ${cutToWidth(printable(text).trimEnd(), columns - 3)}`;
  });
  const left = running.length + waiting.length - shown.length;
  const counts = run.steps.length === 0 ? 'waits to be planned' : outcomeCounts(run);
  const head = `run ${run.id}: ${counts}${left === 0 ? '' : ` (${left} more)`}`;
  return [...lines, cutToWidth(run.steps.length === 0 ? `${spinner} ${head}` : head, columns - 1)];
}

/** `7 s`, `3 min 12 s`, `1 h 2 min`. */
function elapsed({ started }: StepRecord, now: Date): string {
  const seconds = started === null ? 0 : Math.max(0, Math.floor((now.getTime() - Date.parse(started)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
