// Rules against overcommitment of GPU memory, memory and quotas.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { placeIn } from '../../config/read/place.ts';
import { allGuests, listed, targetOf } from '../../managers/guest/guests.ts';
import { SETTINGS } from '../../managers/guest/settings/settings.ts';
import type { ZfsPool } from '../../managers/hypervisor/declared.ts';
import type { LxcGuest } from '../../managers/lxc/declared.ts';
import type { RuleContext } from '../../managers/rule.ts';

/** The share of a GPU's memory that all vLLM users together may claim: the rest is for the driver. */
const GPU_SHARE = 0.9;
const GIB = 2 ** 30;

/** GPU_OVERCOMMIT: the running guests on one GPU claim more than 0.9 of its memory, or share it with a guest without limit. */
export function gpusAreNotOvercommitted({ config }: RuleContext): Diagnostic[] {
  const uses = config.lxc
    .filter((guest) => guest.startState === 'running')
    .flatMap((guest) => guest.gpus.map((gpu) => ({ gpu, guest })));
  const users = [...Map.groupBy(uses, ({ gpu }) => gpu)].sort(([a], [b]) => a - b);
  return users.flatMap(([gpu, using]): Diagnostic[] => {
    const guests = using.map(({ guest }) => guest);
    const [first] = guests;
    const shares = guests.map(gpuShare);
    const promised = shares.reduce<number>((sum, share) => sum + (share ?? 0), 0);
    const unlimited = guests.filter((_, index) => shares[index] === null);
    const shared = guests.length > 1 && unlimited.length > 0;
    if (first === undefined || (promised <= GPU_SHARE + 1e-9 && !shared)) return [];
    const faults = [
      ...(promised > GPU_SHARE + 1e-9 ? [`promise ${Math.round(promised * 100)} % of its memory`] : []),
      ...(shared ? [`include ${listed(unlimited.map(targetOf))} without a limit`] : []),
    ];
    return [
      {
        code: 'GPU_OVERCOMMIT',
        at: placeIn(first.writtenAt, 'gpu_assignment'),
        message: `GPU ${gpu}: ${listed(guests.map(targetOf))} ${faults.join(' and ')}`,
        hint: `Together they should stay at ${GPU_SHARE * 100} %: lower gpu_memory_utilization or move one to another GPU.`,
        target: targetOf(first),
      },
    ];
  });
}

/** The highest share of a GPU's memory in any group of engine arguments; null: unlimited. */
function gpuShare(guest: LxcGuest): number | null {
  const shares = Object.values(guest.vllm ?? {}).flatMap((group) => {
    const share = typeof group === 'object' && group !== null && 'gpu_memory_utilization' in group;
    const value = share ? group.gpu_memory_utilization : undefined;
    return typeof value === 'number' ? [value] : [];
  });
  return shares.length === 0 ? null : shares.reduce((most, share) => Math.max(most, share));
}

/** MEMORY_OVERCOMMIT: running guests and the ZFS cache need more than the declared memory of the host. */
export function memoryIsNotOvercommitted({ config }: RuleContext): Diagnostic[] {
  const { memoryGb, zfs, writtenAt } = config.hypervisor;
  if (memoryGb === null) return [];
  const running = allGuests(config).filter((guest) => guest.startState === 'running');
  const guestsGb = running.reduce((sum, guest) => sum + (guest.memory_mb ?? SETTINGS.memory_mb.vm.made), 0) / 1024;
  const wanted = guestsGb + (zfs.arcMaxGb ?? 0);
  if (wanted <= memoryGb) return [];
  const cache = zfs.arcMaxGb === null ? '' : ` and ${zfs.arcMaxGb} GB for the cache of ZFS`;
  return [
    {
      code: 'MEMORY_OVERCOMMIT',
      at: placeIn(writtenAt, 'memory_gb'),
      message: `Running guests have ${Math.round(guestsGb)} GB${cache}, but the host has ${memoryGb} GB`,
      hint: 'Lower memory_mb of some guests, or let fewer of them run.',
    },
  ];
}

/** QUOTA_OVERCOMMIT: the dataset quotas of a pool exceed the capacity of its disks, if their names tell it. */
export function quotasFitThePools({ config }: RuleContext): Diagnostic[] {
  const promised = new Map<string, number>();
  for (const { pool, quotaGb } of config.hypervisor.zfs.datasets) {
    promised.set(pool, (promised.get(pool) ?? 0) + (quotaGb ?? 0));
  }
  return config.hypervisor.zfs.pools.flatMap((pool, index): Diagnostic[] => {
    const capacity = capacityGb(pool);
    const quotas = promised.get(pool.name) ?? 0;
    if (capacity === null || quotas <= capacity) return [];
    return [
      {
        code: 'QUOTA_OVERCOMMIT',
        at: placeIn(config.hypervisor.writtenAt, 'zfs', 'pools', index, 'name'),
        message: `The quotas on pool "${pool.name}" add up to ${Math.round(quotas)} GB, but its disks hold about ${Math.floor(capacity)} GB`,
        hint: 'Lower the quotas of its datasets. The size is read from the names of its disks.',
      },
    ];
  });
}

/** Capacity in GiB, the unit of ZFS quotas; null if a disk's name does not contain its size. `…_2TB_…` is 2 × 10^12 bytes. */
export function capacityGb(pool: ZfsPool): number | null {
  const sizes = pool.disks.map((disk) => /(?:^|[^0-9.])(\d+(?:\.\d+)?)(TB|GB)(?![A-Za-z])/i.exec(disk));
  const bytes = sizes.map((size) =>
    size === null ? 0 : Number(size[1]) * (size[2]?.toUpperCase() === 'TB' ? 1e12 : 1e9),
  );
  if (bytes.length === 0 || bytes.includes(0)) return null;
  const least = bytes.reduce((smallest, size) => Math.min(smallest, size));
  const level = pool.raidLevel.toLowerCase();
  const parity = /^raidz([123]?)$/.exec(level);
  if (level === 'mirror') return least / GIB;
  if (parity !== null) return (least * Math.max(0, bytes.length - Number(parity[1] || 1))) / GIB;
  return bytes.reduce((sum, size) => sum + size, 0) / GIB;
}

/** DESTRUCTIVE: no pushed configuration may wipe disks. */
export function nothingWipesDisks({ config }: RuleContext): Diagnostic[] {
  if (!config.hypervisor.zfs.allowDestructive) return [];
  return [
    {
      code: 'DESTRUCTIVE',
      at: placeIn(config.hypervisor.writtenAt, 'zfs', 'settings', 'allow_destructive_operations'),
      message: 'Disks would be wiped: a push never does this',
      hint: 'Take the key out; prepare disks on the host by hand.',
    },
  ];
}
