// Whose an object is: its comment says so where it has one, and else the ledger, which knows what was applied before.

import { nameOf } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Options } from '../../proxmox/section-config.ts';
import { repositoryName } from '../guest/observe/notes.ts';
import { ownerIn } from '../guest/observe/object-mark.ts';
import type { Wanted } from '../manager.ts';
import { markOf, type ObjectRow } from './row.ts';

/** Why an object that is there is not touched; null for one of ours, and for one that a person said to take over. */
export function foreignReason(row: ObjectRow, wanted: Wanted<JsonObject>, present: Options): string | null {
  const { target, origin, adopt, before } = wanted;
  const mark = markOf(row);
  // One that is there always is nobody's: only what is declared of it is kept.
  if (adopt === true || row.single !== undefined || row.builtIn?.(nameOf(target), present) === true) return null;
  const owner = mark === null ? null : ownerIn(present[mark]?.[0] ?? '');
  if (mark === null ? before !== undefined : owner === repositoryName(origin)) return null;
  const whose = owner === null ? 'is not ours' : `is kept by the repository ${owner}`;
  return `${row.label} ${nameOf(target)} ${whose}; take it over with phoenix adopt ${target}`;
}
