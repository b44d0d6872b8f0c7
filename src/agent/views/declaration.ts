// The declaration of one target in the followed commit: its place in the files, and its fields under the files' names.

import { writtenFields } from '../../managers/written-fields.ts';
import type { Declaration } from '../../model/environment.ts';
import { kindOf, type TargetId } from '../../model/ids.ts';
import type { Context } from '../context.ts';
import { linesOf } from '../lines-of.ts';
import { declaredAt } from '../reconcile/desired-state.ts';

/** Null where it does not declare the target. @throws when the repository cannot be read */
export async function declaration(context: Context, target: TargetId): Promise<Declaration | null> {
  const base = (await context.ledger.head())?.base;
  const declared = base ? await declaredAt(context, base) : undefined;
  if (declared === undefined || declared.config === null || !declared.targets.has(target)) return null;
  const { commit, root, config } = declared;
  const { sources, comparedFields } = context.managers.managerOf(kindOf(target));
  const entry = sources.entry(config, target);
  if (entry === null) return { commit, place: null, fields: [] };
  const { files } = await context.repository.snapshot(commit);
  const isOwn = entry.path !== '';
  return {
    commit,
    place: {
      file: root === '' ? entry.file : `${root}/${entry.file}`,
      line: isOwn ? (linesOf(files, entry.file, [entry.path]).get(entry.path) ?? null) : null,
    },
    // Of a whole file, a target has the fields by which it is compared.
    fields: writtenFields(files, entry).filter(({ field }) => isOwn || isAmong(field, comparedFields?.(target) ?? [])),
  };
}

/** Whether a field of the file is one of these, a part of one, or the list that one is in. */
function isAmong(field: string, names: readonly string[]): boolean {
  return names.some((name) => name === field || field.startsWith(`${name}.`) || name.startsWith(`${field}.`));
}
