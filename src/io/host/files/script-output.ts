// Parses what the scripts in `perl.ts` print about several files.

import type { FileState } from '../../../ports/host.ts';

/** Fails for truncated output. */
export function contentsIn(answer: Buffer): Map<string, string> {
  const texts = new Map<string, string>();
  for (let from = 0; ; ) {
    const to = answer.indexOf(0, from);
    if (to < 0) throw new Error('what came over ssh of several files was cut short');
    const head = answer.toString('utf8', from, to);
    if (head === 'end') return texts;
    const blank = head.indexOf(' ');
    from = to + 1 + Number(head.slice(0, blank));
    texts.set(head.slice(blank + 1), answer.toString('utf8', to + 1, from));
  }
}

/** A line about one path. */
const STATE = /^(file|folder|link|other) ([0-7]+) (\d+) (\d+) (\d+) (\d+) ([0-9a-f]{64}|-) (.+)$/s;

export function statesIn(answer: string): Map<string, FileState> {
  return new Map(
    answer
      .split('\0')
      .slice(0, -1)
      .map((line): [string, FileState] => {
        const [, kind, mode = '', uid, gid, size, modified, digest = '-', path = ''] = STATE.exec(line) ?? [];
        if (kind === undefined) throw new Error(`what came over ssh of a file is not understood: ${line}`);
        const numbers = { uid: Number(uid), gid: Number(gid), size: Number(size), modified: Number(modified) };
        const state = { kind: kind as FileState['kind'], mode: Number.parseInt(mode, 8), ...numbers };
        return [path, { ...state, digest: digest === '-' ? null : digest }];
      }),
  );
}
