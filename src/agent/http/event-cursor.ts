// The id of an event: how far the logs of a run were sent, so that a reader continues there after a lost connection. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { RunDetail } from '../../ports/runs.ts';

/**
 * How far the logs were sent: offsets for steps in progress, and the steps whose logs were sent completely, by position.
 * Written as `lxc/101=12,vm/1001=3;0-41.43`, so that its size depends on the steps in progress and not on the run.
 */
export interface Cursor {
  readonly offsets: Map<TargetId, number>;
  readonly complete: Set<TargetId>;
}

/** Parses the id of the last event that a reader received; an empty or unknown one starts at the beginning. */
export function parseCursor(text: string, { steps }: RunDetail): Cursor {
  const [open = '', ranges = ''] = text.split(';');
  const offsets = new Map<TargetId, number>();
  for (const [, target, offset] of open.matchAll(/([a-z]+\/[\w.*-]+)=(\d{1,9})/g)) {
    offsets.set(target as TargetId, Number(offset));
  }
  const complete = new Set<TargetId>();
  for (const [, from, to] of ranges.matchAll(/(\d{1,9})(?:-(\d{1,9}))?/g)) {
    for (const { target } of steps.slice(Number(from), Number(to ?? from) + 1)) complete.add(target);
  }
  return { offsets, complete };
}

/** @param places position of each step in the run */
export function writeCursor({ offsets, complete }: Cursor, places: ReadonlyMap<TargetId, number>): string {
  const open = [...offsets]
    .filter(([target]) => !complete.has(target))
    .map(([target, offset]) => `${target}=${offset}`);
  const whole = [...complete].map((target) => places.get(target) ?? 0).sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const place of whole) {
    const last = ranges.at(-1);
    if (last?.[1] === place - 1) last[1] = place;
    else ranges.push([place, place]);
  }
  const text = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join('.');
  return `${open.join(',')}${text === '' ? '' : `;${text}`}`;
}
