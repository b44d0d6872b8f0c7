// Checks the storages that objects of the datacenter name: that there are such, that they take what is meant for them, and are in use.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { RuleContext } from '../../rule.ts';
import { declaredObjects } from '../declared-objects.ts';
import { type ObjectRow, type Reference, referencesOf } from '../row.ts';

/** UNKNOWN_STORAGE: an object names an undeclared storage, or a backup job one that does not accept backups. */
export function storagesAreKnown({ config: { datacenter, hypervisor }, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('zfs', 'proxmox_storage_ids')) return [];
  const storages = new Map(hypervisor.storages.map((storage) => [storage.id, storage]));
  return declaredObjects(datacenter).flatMap(({ row, object }) =>
    referencesOf(row, object.name, object.written).flatMap(({ sort, name: id, at }): Diagnostic[] => {
      if (sort !== 'storage') return [];
      const found = storages.get(id);
      const content = contentFor(row, at, object.options);
      const takes = content === null || found?.contents == null || found.contents.includes(content);
      if (found !== undefined && takes) return [];
      return [
        {
          code: 'UNKNOWN_STORAGE',
          at: placeIn(object.writtenAt, ...at),
          message:
            found === undefined
              ? `There is no storage "${id}"`
              : `Storage "${id}" takes no ${content === 'backup' ? 'backups' : `files of content ${content}`}`,
          hint: 'Declare it in zfs.datasets or proxmox_storage_ids, or name another.',
          target: targetId(row.kind, object.name),
        },
      ];
    }),
  );
}

/** The content type that a storage must accept for an object; null for any, as for fleecing (pve-manager, PVE/API2/Backup.pm). */
function contentFor({ kind }: ObjectRow, [option]: Reference['at'], { content }: JsonObject): string | null {
  if (kind === 'download') return String(content);
  return kind === 'backup' && option === 'storage' ? 'backup' : null;
}

/**
 * UNKNOWN_STORAGE: a file is downloaded to a storage that is declared as disabled, which Proxmox refuses. NO_EFFECT: a backup job is for one; Proxmox takes
 * it, and the job fails each time.
 */
export function disabledStoragesAreNotUsed({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const disabled = new Set(
    (datacenter?.get('storage') ?? []).flatMap(({ name, options }) => (options['disable'] === true ? [name] : [])),
  );
  return declaredObjects(datacenter).flatMap(({ row, object }) => {
    const isUsed = row.kind === 'download' || (row.kind === 'backup' && object.options['enabled'] !== false);
    if (!isUsed) return [];
    return referencesOf(row, object.name, object.written).flatMap(({ sort, name: id, at }): Diagnostic[] =>
      sort !== 'storage' || !disabled.has(id)
        ? []
        : [
            {
              code: row.kind === 'download' ? 'UNKNOWN_STORAGE' : 'NO_EFFECT',
              at: placeIn(object.writtenAt, ...at),
              message: `Storage "${id}" is disabled`,
              hint: `Take "disable" away at the storage, or name another.`,
              target: targetId(row.kind, object.name),
            },
          ],
    );
  });
}

/** INVALID_VALUE: a volume group is made on a disk of iSCSI, and of no other storage (pve-storage, PVE/Storage/LVMPlugin.pm, on_add_hook). */
export function basesAreOfIscsi({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const types = new Map((datacenter?.get('storage') ?? []).map(({ name, options }) => [name, String(options['type'])]));
  return (datacenter?.get('storage') ?? []).flatMap(({ name, writtenAt, options: { base } }): Diagnostic[] => {
    const type = types.get(String(base).split(':')[0] ?? '');
    if (base === undefined || type === undefined || type === 'iscsi') return [];
    const message = `"base" must be a disk of a storage of type iscsi, not of one of type ${type}`;
    return [{ code: 'INVALID_VALUE', at: placeIn(writtenAt, 'base'), message, target: targetId('storage', name) }];
  });
}
