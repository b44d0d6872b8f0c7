// Checks the names of notification targets and matchers.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { targetId } from '../../../model/ids.ts';
import type { RuleContext } from '../../rule.ts';
import { declaredObjects } from '../declared-objects.ts';
import { kindsOf } from '../row.ts';

/** DUPLICATE_NAME: targets of all types and matchers share one namespace in Proxmox. */
export function notificationsHaveNamesOfTheirOwn({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const kinds = [...kindsOf('notification target'), 'matcher'];
  const seen = new Map<string, string>();
  return declaredObjects(datacenter).flatMap(({ row, object: { name, writtenAt } }): Diagnostic[] => {
    if (!kinds.includes(row.kind)) return [];
    const other = seen.get(name);
    seen.set(name, other ?? row.field);
    if (other === undefined) return [];
    const message = `"${name}" is declared in ${other} already, and Proxmox takes one name once among all of notifications`;
    return [{ code: 'DUPLICATE_NAME', at: writtenAt, message, target: targetId(row.kind, name) }];
  });
}
