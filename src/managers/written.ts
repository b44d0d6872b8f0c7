// Traces each changed field of a plan to where a person wrote it, with the file's own names and values. A derived value lists the places that it is
// derived from. Pure.

import { targetId } from '../model/ids.ts';
import type { Plan, PlanStep, WrittenChange } from '../model/plan.ts';
import { keys } from '../plan/diff/pointer.ts';
import { hideInChange } from '../plan/secret.ts';
import type { Config } from './config.ts';
import { managerOf } from './index.ts';
import type { Written } from './sources.ts';
import { changesAt, unchangedAt } from './written-changes.ts';
import { isOwn, type Pair, type Side, type Sides, type WrittenSide } from './written-entries.ts';
import { writtenValues } from './written-values.ts';

/** The plan with the changes of its steps in the files, and the display names of its targets. Secrets are hidden in what is added. */
export function inTheFiles(plan: Plan, from: WrittenSide | null, to: WrittenSide | null): Plan {
  const names = new Map([from, to].flatMap((side) => (side === null ? [] : guestNames(side.config))));
  const sides = { before: withValues(from), after: withValues(to), names, beside: new Map() };
  return { ...plan, steps: plan.steps.map((step) => stepInTheFiles(step, sides)) };
}

function withValues(side: WrittenSide | null): Side | null {
  return side === null ? null : { ...side, values: writtenValues(side.files) };
}

function stepInTheFiles(step: PlanStep, sides: Sides): PlanStep {
  const { sources } = managerOf(step.kind);
  const derived = sources.isDerived?.(step.target) === true;
  const entry: Pair = {
    label: null,
    before: sides.before && sources.entry(sides.before.config, step.target),
    after: sides.after && sources.entry(sides.after.config, step.target),
  };
  const found = new Map<string, WrittenChange>();
  const explained = (fields: readonly string[], only: (written: Written) => boolean): boolean => {
    const places = fields.flatMap((field) => sources.of(step.target, field)).filter(only);
    const changes = [...new Set(places)].flatMap((written) => changesAt(written, entry, sides, derived));
    for (const change of changes) {
      const key = `${change.file} ${change.path}`;
      if (!found.has(key)) found.set(key, hideInChange(change));
    }
    return changes.length > 0;
  };
  const fields = [...new Set(step.changes.map(({ path }) => keys(path)[0] ?? ''))];
  // A created or deleted target is explained by its own entry; only if that existed before is something else the reason.
  const wholly = step.verb !== 'update' && explained(fields, isOwn);
  for (const field of wholly ? [] : fields) {
    if (explained([field], () => true)) continue;
    const change = unchangedAt(step, field, sources.of(step.target, field), entry, sides);
    if (change !== null && !found.has(`${change.file} ${change.path}`))
      found.set(`${change.file} ${change.path}`, hideInChange(change));
  }
  const name = sides.names.get(step.target);
  const written = withoutNested([...found.values()]);
  return {
    ...step,
    ...(name === undefined ? {} : { name }),
    ...(step.changes.length > 0 && written.length === 0 ? {} : { written }),
    ...(derived ? { derived } : {}),
  };
}

function guestNames({ lxc, vm }: Config): [target: string, name: string][] {
  return [...lxc, ...vm].map(({ kind, id, name }) => [targetId(kind, id), name]);
}

/** Drops changes that are part of a larger listed change. */
function withoutNested(changes: readonly WrittenChange[]): WrittenChange[] {
  return changes.filter(
    ({ file, path }) =>
      !changes.some((other) => other.file === file && other.path !== path && path.startsWith(`${other.path}/`)),
  );
}
