// Storages declared in the datacenter's file, beside those of the hypervisor's file: guests may use either, and none is declared in both.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { targetId } from '../../model/ids.ts';
import type { Config } from '../config.ts';
import type { RuleContext } from '../rule.ts';
import type { Datacenter, DeclaredObject } from './declared.ts';

type Hypervisor = Config['hypervisor'];
type Storage = Hypervisor['storages'][number];

/** Default content types by storage type (pve-storage, the plugins' plugindata). */
const DEFAULT_CONTENTS: Readonly<Record<string, readonly string[]>> = {
  esxi: ['import'],
  pbs: ['backup'],
  cephfs: ['backup'],
};
const SNAPSHOTS = new Set(['btrfs', 'cephfs', 'lvmthin', 'rbd', 'zfs', 'zfspool']);

/** The declared host, in which storages of the datacenter's file replace those that Proxmox has by default. */
export function withStorages(hypervisor: Hypervisor, datacenter: Datacenter): Hypervisor {
  const own = (datacenter.get('storage') ?? []).map(asStorage);
  if (own.length === 0) return hypervisor;
  const others = hypervisor.storages.filter(({ id }) => !own.some((storage) => storage.id === id));
  return { ...hypervisor, storages: [...others, ...own] };
}

function asStorage({ name, options }: DeclaredObject): Storage {
  const type = String(options['type']);
  const { content } = options;
  return {
    id: name,
    type,
    contents: Array.isArray(content) ? content.map(String) : (DEFAULT_CONTENTS[type] ?? ['images']),
    dataset: null,
    snapshots: SNAPSHOTS.has(type),
    ownTarget: true,
  };
}

/** DUPLICATE_ID: a storage is declared here although it follows from a dataset or is named in the hypervisor's file. */
export function storagesAreDeclaredOnce({ config: { datacenter, hypervisor } }: RuleContext): Diagnostic[] {
  return (datacenter?.get('storage') ?? []).flatMap(({ name, writtenAt }): Diagnostic[] => {
    const there = hypervisor.storagePlaces.find(({ id }) => id === name);
    if (there === undefined) return [];
    const hint = 'Declare it in one of the two files.';
    const code = 'DUPLICATE_ID';
    return [
      {
        code,
        at: writtenAt,
        message: `storage "${name}" is declared in the file of the hypervisor too`,
        hint,
        target: targetId('storage', name),
      },
      { code, at: there.writtenAt, message: `storage "${name}" is declared in the file of the datacenter too`, hint },
    ];
  });
}
