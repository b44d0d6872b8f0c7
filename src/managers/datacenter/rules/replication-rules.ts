// Checks of replication jobs against each other and against the disks of the guests that they copy.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import { isShared } from '../../../proxmox/storages/types.ts';
import type { Guest } from '../../config.ts';
import type { RuleContext } from '../../rule.ts';
import { guestIn } from '../rows/replication.ts';

/** DUPLICATE_ID: Proxmox copies a guest to a node by one job at most. */
export function replicationIsToOneNodeOnce({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const seen = new Map<string, string>();
  return (datacenter?.get('replication') ?? []).flatMap(({ name, writtenAt, options }): Diagnostic[] => {
    const key = `${guestIn(name)} ${String(options['target'])}`;
    const other = seen.get(key);
    seen.set(key, other ?? name);
    if (other === undefined) return [];
    const message = `job ${other} copies guest ${guestIn(name)} to ${String(options['target'])} already`;
    return [{ code: 'DUPLICATE_ID', at: placeIn(writtenAt, 'target'), message, target: targetId('replication', name) }];
  });
}

/**
 * INVALID_VALUE: a disk is on a storage whose disks cannot be copied, or a folder of the host is in the guest. Proxmox leaves out what has
 * `replicate` off and what every node has anyway (pve-container and qemu-server, get_replicatable_volumes).
 */
export function replicatedDisksAreOnZfs({ config: { datacenter, guests, hypervisor } }: RuleContext): Diagnostic[] {
  const types = new Map(hypervisor.storages.map(({ id, type }) => [id, type]));
  const sharedByOption = new Set(
    (datacenter?.get('storage') ?? []).flatMap(({ name, options }) => (options['shared'] === true ? [name] : [])),
  );
  const cannotBeCopied = ({ storage }: Volume): boolean => {
    const type = types.get(storage) ?? null;
    return type !== null && type !== 'zfspool' && !isShared(type) && !sharedByOption.has(storage);
  };
  return (datacenter?.get('replication') ?? []).flatMap(({ name, writtenAt }): Diagnostic[] => {
    const guest = guests.get(Number(guestIn(name)));
    if (guest === undefined) return [];
    const volume = volumesOf(guest).find(cannotBeCopied);
    const folder =
      guest.kind === 'lxc' ? guest.mountPoints.find(({ options }) => options?.['replicate'] !== '0') : undefined;
    if (volume === undefined && folder === undefined) return [];
    const message =
      volume !== undefined
        ? `a disk of guest ${guest.id} is on storage "${volume.storage}" of type ${types.get(volume.storage)}, and only one of type zfspool can be copied`
        : `guest ${guest.id} has ${folder?.hostPath} of the host, which Proxmox cannot copy`;
    const hint = 'Put "replicate": false at what is not to be copied.';
    return [{ code: 'INVALID_VALUE', at: writtenAt, message, hint, target: targetId('replication', name) }];
  });
}

interface Volume {
  readonly storage: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** The volumes that replication copies. */
function volumesOf(guest: Guest): readonly Volume[] {
  const root = {
    storage: guest.storagePool,
    options: guest.kind === 'lxc' ? guest.rootOptions : guest.rootDisk.options,
  };
  const others: readonly Volume[] =
    guest.kind === 'lxc'
      ? guest.volumes
      : [
          ...guest.disks.filter(({ iso }) => iso === null),
          ...[guest.efiDisk, guest.tpm].filter((disk) => disk !== null),
        ];
  return [root, ...others].filter(({ options }) => options?.['replicate'] !== '0');
}
