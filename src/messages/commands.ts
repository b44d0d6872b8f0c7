// Commands that a page or message gives people to copy: what they do in the terminal about what they read. Pure.

import type { RunId, TargetId } from '../model/ids.ts';
import { shortSha } from './status.ts';

export const COMMANDS = {
  approve: (run: RunId, target: TargetId) => `phoenix approve ${run} ${shellWord(target)}`,
  replay: (commit: string, target?: TargetId) =>
    `phoenix replay ${shortSha(commit)}${target === undefined ? '' : ` --targets ${shellWord(target)}`}`,
  /** Brings what is declared back. */
  converge: (target: TargetId) => `phoenix converge ${shellWord(target)}`,
  drift: () => 'phoenix drift',
} as const;

/** As a shell takes it for one word, whatever it holds. */
function shellWord(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
