// Rules for storages: disks need an existing storage that accepts them.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { nearest } from '../../config/nearest.ts';
import { placeIn } from '../../config/read/place.ts';
import type { Config, Guest } from '../../managers/config.ts';
import { nameOfGuest, targetOf } from '../../managers/guest/guests.ts';
import { storageKey } from '../../managers/hypervisor/normalise/storage.ts';
import { DATACENTER_FILE } from '../../managers/places.ts';
import type { RuleContext } from '../../managers/rule.ts';
import type { VmGuest } from '../../managers/vm/declared.ts';
import { readOption } from '../../proxmox/guests/option-meaning.ts';
import { refusal } from '../../proxmox/parameters/option.ts';
import { placesFor } from '../../proxmox/parameters/table.ts';
import { archiveOf } from '../../proxmox/storages/files.ts';
import { contentsOf, holdsFiles } from '../../proxmox/storages/types.ts';
import { isSameDisk } from '../../proxmox/storages/volumes.ts';

/** One use of a storage; `content` is Proxmox's content type. */
interface Use {
  readonly storage: string;
  readonly content: 'rootdir' | 'images' | 'vztmpl';
  readonly guest: Guest;
  /** Path in the guest's entry. */
  readonly keys: readonly (string | number)[];
}

const ROOT_DISK = ['storage_pool'] as const;
const TEMPLATE = ['template'] as const;

/** UNKNOWN_STORAGE: the storage of a disk, volume or template is not declared or does not accept the content. */
export function storagesTakeTheirContent({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('zfs', 'proxmox_storage_ids')) return [];
  const storages = new Map(config.hypervisor.storages.map((storage) => [storage.id, storage]));
  const taking = Map.groupBy(
    config.hypervisor.storages.flatMap(({ id, contents }) => (contents ?? []).map((content) => ({ id, content }))),
    ({ content }) => content,
  );
  return uses(config).flatMap(({ storage, content, guest, keys }): Diagnostic[] => {
    // A missing storage is reported by the rule for defaults.
    if (storage === '') return [];
    const found = storages.get(storage);
    if (found !== undefined && (found.contents === null || found.contents.includes(content))) return [];
    const choices = (taking.get(content) ?? []).map(({ id }) => id);
    const meant = found === undefined ? nearest(storage, choices) : null;
    return [
      {
        code: 'UNKNOWN_STORAGE',
        at: placeIn(guest.writtenAt, ...keys),
        message:
          found === undefined
            ? `There is no storage "${storage}"`
            : `Storage "${storage}" takes ${found.contents?.join(', ') || 'nothing'}, but not ${WORDS[content]} (${content})`,
        hint:
          choices.length === 0
            ? `Declare one that takes ${WORDS[content]} in zfs.datasets or proxmox_storage_ids.`
            : `${meant === null ? '' : `Did you mean "${meant}"? `}${WORDS[content]} can lie on ${choices.slice(0, 5).join(', ')}.`,
        target: targetOf(guest),
      },
    ];
  });
}

/** UNKNOWN_STORAGE: a file that a guest uses is on a storage that is not declared. What the storage takes does not matter to Proxmox then. */
export function storagesOfFilesExist({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('zfs', 'proxmox_storage_ids') || unreadable.file(DATACENTER_FILE)) return [];
  const known = config.hypervisor.storages.map(({ id }) => id);
  return [...config.lxc, ...config.vm].flatMap((guest) =>
    filesOf(guest).flatMap(({ volume, keys }): Diagnostic[] => {
      const storage = /^([^/:]+):/.exec(volume ?? '')?.[1];
      if (storage === undefined || known.includes(storage)) return [];
      const meant = nearest(storage, known);
      return [
        {
          code: 'UNKNOWN_STORAGE',
          at: placeIn(guest.writtenAt, ...keys),
          message: `There is no storage "${storage}"`,
          hint:
            meant === null
              ? `Declared are ${known.join(', ')}. One that the host has already is named in proxmox_storage_ids: "${storage}": "${storage}".`
              : `Did you mean "${meant}"?`,
          target: targetOf(guest),
        },
      ];
    }),
  );
}

/** Volumes of a guest that are files: CDs, images and scripts. */
function filesOf(guest: Guest): { readonly volume: string | null; readonly keys: readonly (string | number)[] }[] {
  const script = { volume: guest.hookscript, keys: ['hookscript'] };
  if (guest.kind === 'lxc') return [script];
  return [
    script,
    { volume: guest.iso, keys: ['iso'] },
    { volume: guest.importFrom, keys: ['import_from'] },
    ...cloudInitFiles(guest),
    ...guest.disks.flatMap(({ iso, import_from }, index) => [
      { volume: iso, keys: ['disks', index, 'iso'] },
      { volume: import_from, keys: ['disks', index, 'import_from'] },
    ]),
  ];
}

/** User data and the like, which `cicustom` names. */
function cloudInitFiles({ options: { cicustom } }: VmGuest) {
  const parts = typeof cicustom === 'string' ? readOption('qemu', 'cicustom', cicustom) : cicustom;
  return Object.values(parts ?? {}).map((volume) => ({ volume: String(volume), keys: ['options', 'cicustom'] }));
}

/** INVALID_VALUE: a storage on a dataset has an invalid id or a content type that its type does not support. */
export function storagesCanBeMade({ config }: RuleContext): Diagnostic[] {
  const { storages, zfs } = config.hypervisor;
  return zfs.datasets.flatMap(({ pool, name, storageType, contents, writtenAt }): Diagnostic[] => {
    const storage = storages.find(({ dataset }) => dataset === `${pool}/${name}`);
    if (storageType === null || storage === undefined) return [];
    const problem = refusal({ verb: 'pvesm add', option: 'storage' }, storage.id);
    const stray =
      storageType === 'zfspool'
        ? contents.find((content) => contentsOf(storageType)?.includes(content) === false)
        : undefined;
    return [
      ...(problem === undefined
        ? []
        : [
            {
              code: 'INVALID_VALUE',
              at: placeIn(writtenAt, 'name'),
              message: `"${storage.id}", as the storage on this dataset would be called, is no name of a storage`,
              hint: `Give it another in proxmox_storage_ids: "${storageKey(pool, name)}": "NAME".`,
            } as const,
          ]),
      ...(stray === undefined
        ? []
        : [
            {
              code: 'INVALID_VALUE',
              at: placeIn(writtenAt, 'proxmox_content_type'),
              message: `a storage of type zfspool holds disks of guests alone, not ${stray}`,
              hint: 'Let "proxmox_storage_type" be "dir", or the content images and rootdir.',
            } as const,
          ]),
    ];
  });
}

/**
 * UNKNOWN_STORAGE: a disk of an appliance is unpacked to a storage of files that takes disks of VMs, and by default to that of the appliance
 * (qemu-server, PVE/API2/Qemu.pm, check_storage_access).
 */
export function appliancesAreUnpacked({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('zfs', 'proxmox_storage_ids') || unreadable.file(DATACENTER_FILE)) return [];
  const storages = new Map(config.hypervisor.storages.map((storage) => [storage.id, storage]));
  return config.vm.flatMap((guest): Diagnostic[] => {
    const sources = [
      { volume: guest.importFrom, keys: ['import_from'] },
      ...guest.disks.map(({ import_from }, index) => ({ volume: import_from, keys: ['disks', index, 'import_from'] })),
    ];
    const [first] = sources.filter(({ volume }) => volume !== null && archiveOf(volume) !== volume);
    if (first === undefined) return [];
    const declared = guest.importWorkingStorage;
    const id = declared ?? /^([^/:]+):/.exec(first.volume ?? '')?.[1] ?? '';
    const found = storages.get(id);
    const isKnown = found !== undefined || declared !== undefined;
    const takes = found?.contents?.includes('images') !== false && holdsFiles(found?.type ?? null) !== false;
    if (!isKnown || (found !== undefined && takes)) return [];
    return [
      {
        code: 'UNKNOWN_STORAGE',
        at: placeIn(guest.writtenAt, ...(declared === undefined ? first.keys : ['import_working_storage'])),
        message: `${nameOfGuest(guest)}: the appliance is unpacked on storage "${id}", which ${found === undefined ? 'is not declared' : 'holds no files of VM disks (images)'}`,
        hint: 'Write a storage of files with the content images in "import_working_storage".',
        target: targetOf(guest),
      },
    ];
  });
}

/**
 * INVALID_VALUE: two systems that write to one disk, or to a disk and its partition, destroy what is on it. Where both only read it, they may.
 */
export function disksOfTheHostAreUsedOnce({ config }: RuleContext): Diagnostic[] {
  const all = disksOfTheHost(config);
  return all.flatMap(({ path, guest, keys, isReadOnly }, index): Diagnostic[] => {
    const other = all.slice(0, index).find((one) => isSameDisk(one.path, path) && !(isReadOnly && one.isReadOnly));
    if (other === undefined) return [];
    const named = other.path === path ? '' : ` as ${other.path}`;
    return [
      {
        code: 'INVALID_VALUE',
        at: placeIn(guest.writtenAt, ...keys),
        message: `${nameOfGuest(guest)}: ${path} is given to ${other.guest === guest ? 'it' : nameOfGuest(other.guest)} already${named}, and two that write to one disk destroy what is on it`,
        hint: 'Give it to one guest, or let each of them only read it.',
        target: targetOf(guest),
      },
    ];
  });
}

function disksOfTheHost(config: Config) {
  const ofContainers = config.lxc.flatMap((guest) =>
    guest.mountPoints.map(({ hostPath, readOnly }, index) => ({
      path: hostPath,
      guest,
      keys: ['mount_points', index, 'host_path'],
      isReadOnly: readOnly === true,
    })),
  );
  const ofMachines = config.vm.flatMap((guest) => [
    { ...guest.rootDisk, guest, keys: ['root_disk', 'path'] },
    ...guest.disks.map((disk, index) => ({ ...disk, guest, keys: ['disks', index, 'path'] })),
  ]);
  return [
    ...ofContainers.filter(({ path }) => path.startsWith('/dev/')),
    ...ofMachines.flatMap(({ path, guest, keys, options }) =>
      path === undefined ? [] : [{ path, guest, keys, isReadOnly: options['ro'] === '1' }],
    ),
  ];
}

/** INVALID_VALUE: more mounts and volumes than Proxmox allows. */
export function mountsHavePlaces({ config }: RuleContext): Diagnostic[] {
  const places = placesFor('lxc', 'mp');
  return config.lxc
    .filter(({ mountPoints, volumes }) => mountPoints.length + volumes.length > places)
    .map((guest) => ({
      code: 'INVALID_VALUE',
      at: placeIn(guest.writtenAt, guest.mountPoints.length > 0 ? 'mount_points' : 'zfs_volumes'),
      message: `${guest.mountPoints.length} mounts and ${guest.volumes.length} volumes are more than the ${places} that a container can have`,
      target: targetOf(guest),
    }));
}

const WORDS = { rootdir: 'container disks', images: 'VM disks', vztmpl: 'container templates' } as const;

function uses(config: Config): Use[] {
  return [
    ...config.lxc.flatMap((guest): Use[] => {
      const templateStorage = /^([^/:]+):/.exec(guest.template ?? '')?.[1];
      return [
        { storage: guest.storagePool, content: 'rootdir', guest, keys: ROOT_DISK },
        ...guest.volumes.map(
          ({ storage }, index): Use => ({ storage, content: 'rootdir', guest, keys: ['zfs_volumes', index, 'pool'] }),
        ),
        ...(templateStorage === undefined
          ? []
          : [{ storage: templateStorage, content: 'vztmpl', guest, keys: TEMPLATE } as const]),
      ];
    }),
    ...config.vm.flatMap((guest): Use[] => {
      const { vmstatestorage } = guest.options;
      const others = [
        { storage: typeof vmstatestorage === 'string' ? vmstatestorage : '', keys: ['options', 'vmstatestorage'] },
        ...guest.disks.map((disk, index) => ({
          storage: disk.iso === null && disk.path === undefined ? disk.storage : '',
          keys: ['disks', index, 'storage'],
        })),
        { storage: guest.efiDisk?.storage ?? '', keys: ['efi_disk', 'storage'] },
        { storage: guest.tpm?.storage ?? '', keys: ['tpm', 'storage'] },
      ];
      return [
        { storage: guest.storagePool, content: 'images', guest, keys: ROOT_DISK },
        // Mounts on the root disk's storage are covered by its check.
        ...others
          .filter(({ storage }) => storage !== guest.storagePool)
          .map(({ storage, keys }): Use => ({ storage, content: 'images', guest, keys })),
      ];
    }),
  ];
}
