// Checks that a clone source has the same kind as its clone, can be cloned, and is not larger.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { keepsSnapshots, takesSnapshots } from '../../../proxmox/storages/types.ts';
import type { Config, Guest } from '../../config.ts';
import { DATACENTER_FILE } from '../../places.ts';
import type { RuleContext } from '../../rule.ts';
import { CREATION_DEFAULTS } from '../creation-defaults.ts';
import { allGuests, isCloneSource, nameOfGuest, targetOf } from '../guests.ts';
import { cloneSourcePlace } from './references.ts';

/** CLONE_SOURCE: the source is of the other kind, or has neither a template snapshot nor is a template. */
export function cloneSourcesAreReady({ config }: RuleContext): Diagnostic[] {
  return clones(config).flatMap(({ guest, source }): Diagnostic[] => {
    const diagnostic = { code: 'CLONE_SOURCE', at: cloneSourcePlace(guest), target: targetOf(guest) } as const;
    if (source.kind !== guest.kind) {
      const [is, must] = guest.kind === 'lxc' ? ['a VM', 'a container'] : ['a container', 'a VM'];
      return [{ ...diagnostic, message: `${source.id} is ${is}, and ${must} can only be cloned from ${must}` }];
    }
    if (isCloneSource(source)) return [];
    return [
      {
        ...diagnostic,
        message: `${nameOfGuest(source)} cannot be cloned: it has no template_snapshot_name and is no template`,
        hint: `Give ${source.id} a template_snapshot_name, or set is_template.`,
      },
    ];
  });
}

/**
 * CLONE_SOURCE: Proxmox cannot snapshot the source, or cannot copy it: with a folder or disk of the host in it, or a disk on a storage that does not
 * (pve-storage, volume_has_feature; pve-container, PVE/API2/LXC.pm and qemu-server, PVE/API2/Qemu.pm, clone_vm).
 */
export function cloneSourcesCanBeCopied({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('zfs', 'proxmox_storage_ids') || unreadable.file(DATACENTER_FILE)) return [];
  const types = new Map(config.hypervisor.storages.map(({ id, type }) => [id, type ?? '']));
  const disksOn = (guest: Guest, isSuch: (type: string) => boolean) =>
    storagesOf(guest).find((storage) => isSuch(types.get(storage) ?? ''));
  const ofSources = allGuests(config).flatMap((guest): Diagnostic[] => {
    if (guest.templateSnapshot === null || guest.isTemplate) return [];
    const ofHost = partOfHost(guest);
    const storage = disksOn(guest, (type) => takesSnapshots(type, guest.kind) === false);
    if (ofHost === null && storage === undefined) return [];
    const why = ofHost === null ? `a disk on storage "${storage}" of type ${types.get(storage ?? '')}` : ofHost;
    return [
      {
        code: 'CLONE_SOURCE',
        at: placeIn(guest.writtenAt, 'template_snapshot_name'),
        message: `${nameOfGuest(guest)} has ${why}, and Proxmox takes no snapshot of such a ${guest.kind === 'lxc' ? 'container' : 'VM'}`,
        hint:
          ofHost === null
            ? 'Put it on a storage that can snapshot, such as one of type zfspool or lvmthin.'
            : 'Give it to the clones in its place.',
        target: targetOf(guest),
      },
    ];
  });
  const ofClones = clones(config).flatMap(({ guest, source }): Diagnostic[] => {
    if (source.kind !== guest.kind) return [];
    const ofHost = source.isTemplate ? partOfHost(source) : null;
    if (ofHost !== null)
      return [
        {
          code: 'CLONE_SOURCE',
          at: cloneSourcePlace(guest),
          message: `${nameOfGuest(source)} has ${ofHost}, and Proxmox clones no such ${guest.kind === 'lxc' ? 'container' : 'VM'}`,
          hint: 'Give it to the clones in its place.',
          target: targetOf(guest),
        },
      ];
    if (source.kind === 'lxc' || source.isTemplate || source.templateSnapshot === null) return [];
    const storage = disksOn(source, keepsSnapshots);
    if (storage === undefined) return [];
    return [
      {
        code: 'CLONE_SOURCE',
        at: cloneSourcePlace(guest),
        message: `${nameOfGuest(source)} has a disk on storage "${storage}" of type ${types.get(storage)}, from whose snapshots Proxmox clones no VM`,
        hint: `Set is_template at ${source.id}, or put it on a storage of type lvmthin, btrfs or rbd.`,
        target: targetOf(guest),
      },
    ];
  });
  return [...ofSources, ...ofClones];
}

/** What a guest has of the host that no snapshot or clone can have; null: nothing. */
function partOfHost(guest: Guest): string | null {
  if (guest.kind === 'lxc') {
    const [mount] = guest.mountPoints;
    if (mount === undefined) return null;
    return `a ${mount.hostPath.startsWith('/dev/') ? 'disk' : 'folder'} of the host in mount_points`;
  }
  const path = [guest.rootDisk, ...guest.disks].find((disk) => disk.path !== undefined)?.path;
  return path === undefined ? null : `the disk ${path} of the host`;
}

/** Storages of the disks that a snapshot holds. */
function storagesOf(guest: Guest): string[] {
  if (guest.kind === 'lxc') return [guest.storagePool, ...guest.volumes.map(({ storage }) => storage)];
  const disks = guest.disks.filter(({ iso, path }) => iso === null && path === undefined).map(({ storage }) => storage);
  const root = guest.rootDisk.path === undefined ? [guest.storagePool] : [];
  return [...root, ...disks, ...[guest.efiDisk, guest.tpm].flatMap((one) => one?.storage ?? [])];
}

/** DISK_SHRINK: a clone starts with a copy of its source's disk, and disks cannot shrink. */
export function clonesAreNotSmaller({ config }: RuleContext): Diagnostic[] {
  return clones(config).flatMap(({ guest, source }): Diagnostic[] => {
    if (source.kind !== guest.kind || diskGb(guest) >= diskGb(source)) return [];
    return [
      {
        code: 'DISK_SHRINK',
        at: diskPlace(guest),
        message: `${nameOfGuest(guest)} asks for ${diskGb(guest)} GB, but its source ${source.id} has ${diskGb(source)} GB`,
        hint: `No disk can be made smaller: ask for ${diskGb(source)} GB or more.`,
        target: targetOf(guest),
      },
    ];
  });
}

/**
 * DISK_SHRINK between two commits: a guest declares a smaller disk than before. Places are those of `after`.
 * A guest that is recreated anyway, on another storage, may get a new disk of any size.
 */
export function disksDoNotShrink(before: Config, after: Config): Diagnostic[] {
  return allGuests(after).flatMap((guest): Diagnostic[] => {
    const old = before.guests.get(guest.id);
    if (old === undefined || old.kind !== guest.kind) return [];
    const isKnown = declaredGb(guest) !== null && declaredGb(old) !== null;
    const root = isKnown && diskGb(guest) < diskGb(old) && guest.storagePool === old.storagePool;
    const diagnostics: Diagnostic[] = root
      ? [shrinks(guest, diskPlace(guest), 'disk', diskGb(old), diskGb(guest))]
      : [];
    if (guest.kind !== 'lxc' || old.kind !== 'lxc') return diagnostics;
    const volumes = new Map(old.volumes.map((volume) => [volume.name, volume]));
    for (const [index, volume] of guest.volumes.entries()) {
      const was = volumes.get(volume.name);
      if (was === undefined || was.storage !== volume.storage || volume.sizeGb >= was.sizeGb) continue;
      const place = placeIn(guest.writtenAt, 'zfs_volumes', index, 'size_gb');
      diagnostics.push(shrinks(guest, place, `volume ${volume.name}`, was.sizeGb, volume.sizeGb));
    }
    return diagnostics;
  });
}

function shrinks(guest: Guest, at: Diagnostic['at'], what: string, before: number, after: number): Diagnostic {
  return {
    code: 'DISK_SHRINK',
    at,
    message: `The ${what} of ${nameOfGuest(guest)} has ${before} GB and cannot be made smaller (${after} GB)`,
    hint: `Put ${before} GB back, or give a larger size.`,
    target: targetOf(guest),
  };
}

function declaredGb(guest: Guest): number | null {
  return guest.kind === 'lxc' ? guest.storageSizeGb : guest.diskSizeGb;
}

/** The declared size, or the default of a new guest. */
function diskGb(guest: Guest): number {
  return declaredGb(guest) ?? CREATION_DEFAULTS.vm.diskSizeGb;
}

function diskPlace(guest: Guest) {
  return placeIn(guest.writtenAt, guest.kind === 'lxc' ? 'storage_size_gb' : 'disk_size_gb');
}

function clones(config: Config): { guest: Guest; source: Guest }[] {
  return allGuests(config).flatMap((guest) => {
    const source = guest.cloneFrom === null ? undefined : config.guests.get(guest.cloneFrom);
    return source === undefined ? [] : [{ guest, source }];
  });
}
