// How a step is approved that would destroy or interrupt something.

import type { TargetId } from '../model/ids.ts';
import { shellWord } from '../model/text.ts';

/** The sentence part with the command. */
export function approvedBy(target: TargetId): string {
  return `approve it with: phoenix approve RUN ${shellWord(target)} (phoenix status names the run)`;
}
