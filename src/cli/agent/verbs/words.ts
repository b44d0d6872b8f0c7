// Parses the target arguments of a verb.

import { targetId } from '../../../model/ids.ts';
import { isTargetName } from '../../../model/target-name.ts';
import type { CommandVerb, VerbRow } from '../../../model/verbs.ts';

/** Argument syntax of a verb for commander, with a usage text if needed. */
export const ARGUMENTS: Readonly<Record<VerbRow['names'], { readonly words: string; readonly usage?: string }>> = {
  'one or more': { words: '<targets...>' },
  any: { words: '[targets...]' },
  'one or more, or all': { words: '[targets...]' },
  none: { words: '' },
  'all, or one stack': { words: '<words...>', usage: '[options] all | stack NAME to VMID' },
};

/** A name without its kind. */
const SHORT = /^[A-Za-z0-9][\w.-]*$/;

/**
 * The targets of the request; empty for all.
 *
 * @param all whether `--all` was given
 * @returns a usage hint for invalid arguments
 */
export function targetsOf(
  verb: CommandVerb,
  { names }: Pick<VerbRow, 'names'>,
  { words, all }: { readonly words: readonly string[]; readonly all: boolean },
): readonly string[] | string {
  if (names === 'all, or one stack') {
    return (
      stackOf(words) ??
      `say \`${verb} all\`, or \`${verb} stack NAME to VMID\`, for example \`${verb} stack qdrant to 1002\``
    );
  }
  if (names === 'one or more, or all' && all === words.length > 0) {
    return 'name the targets, for example lxc/105, or say --all';
  }
  const wrong = words.find((word) => !isTargetName(word) && !SHORT.test(word));
  return wrong === undefined ? words : `${wrong} is no target: write lxc/101, or 101`;
}

/** Empty: all derived targets; null: invalid. */
function stackOf(words: readonly string[]): readonly string[] | null {
  const [what, name, to, vmid] = words;
  if (words.length === 1 && what === 'all') return [];
  const number = /^(?:vm\/)?(\d+)$/.exec(vmid ?? '')?.[1];
  const isStack = words.length === 4 && what === 'stack' && to === 'to' && name !== undefined && number !== undefined;
  return isStack ? [targetId('stack', `${number}.${name}`)] : null;
}
