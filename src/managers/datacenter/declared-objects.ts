// Iterates over all declared objects, each with its row.

import type { Datacenter, DeclaredObject } from './declared.ts';
import type { ObjectRow } from './row.ts';
import { ROWS } from './rows.ts';

export function declaredObjects(
  datacenter: Datacenter | undefined,
): { readonly row: ObjectRow; readonly object: DeclaredObject }[] {
  return ROWS.flatMap((row) => (datacenter?.get(row.kind) ?? []).map((object) => ({ row, object })));
}
