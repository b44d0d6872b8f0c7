// Parses trailers of a commit message that approve a step: `Phoenix-Approve: destroy lxc/105`. Pure.

import { isTargetName, targetWord, targetWords } from '../../model/target-name.ts';
import type { Trailer } from '../../model/trailer.ts';

const APPROVES = '(destroy|delete|recreate|restart|live)[ \\t]+(.+)$';

/** Each once. `delete` is a synonym of `destroy`; several targets may follow one verb. */
export function trailers(message: string): Trailer[] {
  return found(message, new RegExp(`^Phoenix-Approve:[ \\t]*${APPROVES}`, 'gim'));
}

/** Anywhere in a line: tools that assemble a message from others may split or join lines. */
export function trailersAnywhere(text: string): Trailer[] {
  return found(text, new RegExp(`Phoenix-Approve\\s*:\\s*${APPROVES}`, 'gim'));
}

export function isSameTrailer(one: Trailer, other: Trailer): boolean {
  return one.target === other.target && one.impact === other.impact;
}

/** The trailer as text. */
export function trailerText({ impact, target }: Trailer): string {
  return `Phoenix-Approve: ${impact} ${targetWord(target)}`;
}

function found(text: string, pattern: RegExp): Trailer[] {
  const all = [...text.matchAll(pattern)].flatMap(([, verb = '', targets = '']) => {
    const impact = verb.toLowerCase() === 'delete' ? 'destroy' : verb.toLowerCase();
    return targetWords(targets)
      .filter(isTargetName)
      .map((target) => ({ impact, target }));
  });
  return all.filter((each, index) => all.findIndex((other) => isSameTrailer(other, each)) === index);
}
