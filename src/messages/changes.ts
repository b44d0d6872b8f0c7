// What of a step is shown to people: its target with the name that they gave it, and its changes in the words of the files. Pure.

import type { Json } from '../model/json.ts';
import type { PlanStep, WrittenChange } from '../model/plan.ts';
import { HIDDEN } from '../model/secret-shapes.ts';
import { same } from '../plan/diff/canonical.ts';
import { keys } from '../plan/diff/pointer.ts';

/** A change with the name by which people know it. */
export interface ShownChange {
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  /** A place in the files that the target follows from, beside its own settings; absent for no. */
  readonly isOrigin?: true;
  /** The file says the same as before, and what it names is another one; absent for no. */
  readonly unchanged?: true;
}

/** `lxc/101 (nginx)`; the id alone where it has no other name. */
export function targetLabel({ target, name }: Pick<PlanStep, 'target' | 'name'>): string {
  return name === undefined ? target : `${target} (${name})`;
}

/** The label of every target of a plan, by its id; others are called by their id. */
export function labelsOf(steps: readonly Pick<PlanStep, 'target' | 'name'>[]): (target: string) => string {
  const labels = new Map<string, string>(steps.map((step) => [step.target, targetLabel(step)]));
  return (target) => labels.get(target) ?? target;
}

/**
 * As the files have it, each with a colon after its name. What is derived shows its own settings, and then what they follow from. A plan
 * of before the files' words were kept shows the settings alone.
 */
export function shownChanges({ changes, written, derived, verb }: PlanStep): readonly ShownChange[] {
  if (written === undefined) return changes;
  if (derived !== true) return written.map(inItsWords);
  const settings = changes.map((change) => ({ ...change, path: `${keys(change.path).join('.') || 'all of it'}:` }));
  return verb === 'update'
    ? [
        ...settings,
        ...written.map((change) => ({ ...inItsWords(change), path: `from ${change.field}:`, isOrigin: true }) as const),
      ]
    : settings;
}

/** One that says the same as before is shown for the file that it names. */
function inItsWords({ field, before, after, because = [] }: WrittenChange): ShownChange {
  // Two secrets look the same, and are not.
  const isSecret = JSON.stringify(before ?? null).includes(HIDDEN);
  if (isSecret || !same(before, after)) return { path: `${field}:`, before, after };
  const files = because.flatMap(({ file, path }) => (path === '' ? [file] : []));
  const path = files.length === 0 ? `${field}:` : `${field} (${files.join(', ')} changed):`;
  return { path, before, after, unchanged: true };
}
