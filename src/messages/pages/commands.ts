// Commands that a page or message gives people to copy: what they do in the terminal about what they read. Pure.

import type { RunId, TargetId } from '../../model/ids.ts';
import { shellWord } from '../../model/text.ts';
import { shortSha } from '../statuses/status.ts';

export const COMMANDS = {
  approve: (run: RunId, target: TargetId) => `phoenix approve ${run} ${shellWord(target)}`,
  replay: (commit: string, ...targets: readonly TargetId[]) =>
    `phoenix replay ${shortSha(commit)}${targets.length === 0 ? '' : ` --targets ${targets.map(shellWord).join(' ')}`}`,
  /** Brings what is declared back; without targets all of it. */
  converge: (...targets: readonly TargetId[]) => ['phoenix converge', ...targets.map(shellWord)].join(' '),
  adopt: (...targets: readonly TargetId[]) =>
    ['phoenix adopt', ...(targets.length === 0 ? ['--all'] : targets.map(shellWord))].join(' '),
  drift: () => 'phoenix drift',
  freeze: () => "phoenix freeze 'REASON'",
  unfreeze: () => 'phoenix unfreeze',
} as const;
