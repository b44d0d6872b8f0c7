// Decides who owns an object: by the mark in its comment where it has one, else by the ledger, which knows what was applied before.

import { nameOf } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import { shellWord } from '../../model/text.ts';
import type { Options } from '../../proxmox/files/section-config.ts';
import { repositoryName } from '../guest/observe/notes.ts';
import { ownerIn } from '../guest/observe/object-mark.ts';
import type { Wanted } from '../manager.ts';
import { isInherent, markOf } from './options/row-options.ts';
import type { ObjectRow } from './row.ts';

/** Why an existing object is not touched; null for one that Phoenix owns, and for one that a person asked to adopt. */
export function foreignReason(row: ObjectRow, wanted: Wanted<JsonObject>, present: Options): string | null {
  const { target, origin, adopt, before } = wanted;
  const mark = markOf(row);
  // An object that always exists has no owner: only its declared options are managed.
  if (adopt === true || isInherent(row) || row.builtIn?.(nameOf(target), present) === true) return null;
  const owner = mark === null ? null : ownerIn(present[mark]?.[0] ?? '');
  if (mark === null ? before !== undefined : owner === repositoryName(origin)) return null;
  const whose = owner === null ? 'is not ours' : `is kept by the repository ${owner}`;
  return `${row.label} ${nameOf(target)} ${whose}; take it over with phoenix adopt ${shellWord(target)}`;
}
