// Resolves target names in commands before anything is recorded: an unknown name is refused at once, with the nearest known one.

import { nearest } from '../../config/nearest.ts';
import { shortSha } from '../../messages/statuses/status.ts';
import { nameOf, type TargetId } from '../../model/ids.ts';
import type { Declared } from '../reconcile/desired-state.ts';
import { WrongTarget } from '../refused.ts';

/**
 * Resolves ids such as `lxc/101`, or `101` if only one target has that name.
 *
 * @param all declared or applied targets
 * @throws WrongTarget
 */
export function targetsNamed(words: readonly string[], all: ReadonlySet<TargetId>): readonly TargetId[] {
  const found = words.map((word): TargetId => {
    if (word.includes('/')) {
      if (all.has(word as TargetId)) return word as TargetId;
      throw new WrongTarget(`${word} is neither declared nor applied${meant(word, [...all])}`);
    }
    const named = [...all].filter((target) => nameOf(target) === word);
    const [only] = named;
    if (only === undefined) throw new WrongTarget(`nothing is called ${word}${meant(word, [...all].map(nameOf))}`);
    if (named.length > 1) throw new WrongTarget(`${word} is ambiguous; write ${named.join(' or ')}`);
    return only;
  });
  return [...new Set(found)];
}

/**
 * The sentence about the first target that a commit does not declare; null where it declares all. An invalid commit is accepted here: its run reports
 * the problems.
 */
export function undeclared(targets: readonly TargetId[], declared: Declared): string | null {
  if (declared.config === null || declared.problems.some(({ severity }) => severity === 'error')) return null;
  const unknown = targets.find((target) => !declared.targets.has(target));
  if (unknown === undefined) return null;
  const where = `not declared at ${shortSha(declared.commit)}`;
  return `${unknown} is ${where}${meant(unknown, [...declared.targets.keys()])}`;
}

/** The remedy after an unknown name. */
function meant(word: string, all: readonly string[]): string {
  const near = nearest(word, all);
  return `; ${near === null ? '' : `did you mean ${near}? `}phoenix status names what there is`;
}
