// The live view of a run at the end of a terminal, redrawn as it changes; finished steps remain as lines above it. Where there is no terminal, or
// one that cannot move its cursor, the lines alone.

import type { RunJson } from '../../agent/http/run-json.ts';
import { endedSteps, progressLines } from '../../messages/run.ts';
import { progressBlock } from '../../messages/terminal/progress.ts';
import type { TargetId } from '../../model/ids.ts';
import { colours, type Io } from '../io.ts';

const PICTURE_EVERY_MS = 120;

export interface Live {
  run(run: RunJson): void;
  printed(target: TargetId, lines: readonly string[]): void;
  /** Prints a permanent line. */
  say(line: string): void;
  /** Steps whose result was printed in lines above. */
  readonly told: ReadonlySet<TargetId>;
  /** Removes the drawing. */
  close(): void;
}

export function showLive(io: Io): Live {
  const { terminal, env } = io;
  const isDrawn = terminal?.stderr === true && env['TERM'] !== 'dumb';
  return isDrawn ? drawn(io) : plain(io);
}

function plain(io: Io): Live {
  let seen: RunJson | null = null;
  const say = (line: string) => io.stderr(`${line}\n`);
  return {
    run(now) {
      for (const line of progressLines(seen, now, colours(io, 'stderr'))) say(line);
      seen = now;
    },
    printed() {},
    say,
    told: new Set(),
    close() {},
  };
}

function drawn(io: Io): Live {
  const coloured = colours(io, 'stderr');
  const printed = new Map<TargetId, string>();
  const told = new Set<TargetId>();
  let seen: RunJson | null = null;
  let height = 0;
  let shown = '';
  let picture = 0;
  /** Moves the cursor above what was drawn, and clears everything below. */
  const erase = () => (height === 0 ? '' : `\u001b[${height}A\u001b[0J`);
  const draw = (above: readonly string[] = []) => {
    const { columns = 80, rows = 24 } = io.terminal?.size?.() ?? {};
    const screen = { columns, rows, colours: coloured };
    const block = seen === null ? [] : progressBlock({ run: seen, printed, now: new Date(), picture }, screen);
    const text = block.map((line) => `${line}\n`).join('');
    if (text === shown && above.length === 0) return;
    io.stderr(`${erase()}${above.map((line) => `${line}\n`).join('')}${text}`);
    height = block.length;
    shown = text;
  };
  const timer = setInterval(() => {
    picture += 1;
    if (seen !== null) draw();
  }, PICTURE_EVERY_MS);
  timer.unref();
  return {
    run(now) {
      const ended = endedSteps(seen, now, coloured);
      for (const target of ended.keys()) told.add(target);
      seen = now;
      draw([...ended.values()].flat());
    },
    printed(target, lines) {
      const last = lines.findLast((line) => line.trim() !== '');
      if (last !== undefined) printed.set(target, last.trim());
    },
    say: (line) => draw([line]),
    told,
    close() {
      clearInterval(timer);
      if (height > 0) io.stderr(erase());
      height = 0;
    },
  };
}
