// Whose an object is: its comment says so where it has one, and else the ledger, which knows what was applied before.

import { nameOf } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Options } from '../../proxmox/section-config.ts';
import { repositoryName } from '../guest/look/notes.ts';
import { keeperOf } from '../guest/look/object-mark.ts';
import type { Wanted } from '../manager.ts';
import { markOf, type ObjectRow } from './row.ts';

/** Why an object that is there is not touched; null for one of ours, and for one that a person said to take over. */
export function whyForeign(row: ObjectRow, wanted: Wanted<JsonObject>, present: Options): string | null {
  const { target, origin, adopt, before } = wanted;
  const mark = markOf(row);
  // One that is there always is nobody's: only what is declared of it is kept.
  if (adopt === true || row.single !== undefined || row.builtIn?.(nameOf(target), present) === true) return null;
  const keeper = mark === null ? null : keeperOf(present[mark]?.[0] ?? '');
  if (mark === null ? before !== undefined : keeper === repositoryName(origin)) return null;
  const whose = keeper === null ? 'is not ours' : `is kept by the repository ${keeper}`;
  return `${row.what} ${nameOf(target)} ${whose}; take it over with phoenix adopt ${target}`;
}
