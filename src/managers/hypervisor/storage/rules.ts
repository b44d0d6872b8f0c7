// Checks pools and datasets of ZFS against each other: what `zpool` or `zfs` would refuse once they are made.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { nearest } from '../../../config/nearest.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import { repeated } from '../../guest/guests.ts';
import type { RuleContext } from '../../rule.ts';
import { MIN_DISKS } from '../setup/pools.ts';

const TARGET = targetId('hypervisor', 'storage');

/** DUPLICATE_NAME and INVALID_VALUE: two pools have one name or one disk, or a pool has too few disks for its level. */
export function poolsCanBeMade({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  const { zfs, writtenAt } = hypervisor;
  const pools = zfs.pools.map((pool, index) => ({ ...pool, at: placeIn(writtenAt, 'zfs', 'pools', index) }));
  const disks = pools.flatMap(({ name, disks: own, at }) =>
    own.map((disk, index) => ({ disk, pool: name, at: placeIn(at, 'disks', index) })),
  );
  return [
    ...repeated(pools, ({ name }) => name).flatMap(([, ...later]) =>
      later.map(({ name, at }): Diagnostic => {
        const message = `pool ${name} is declared twice`;
        return { code: 'DUPLICATE_NAME', at: placeIn(at, 'name'), message, hint: 'Declare it once.', target: TARGET };
      }),
    ),
    ...repeated(disks, ({ disk }) => disk).flatMap(([first, ...later]) =>
      later.map(({ disk, at }): Diagnostic => {
        const message = `${disk} is a disk of pool ${first?.pool} already`;
        return { code: 'INVALID_VALUE', at, message, hint: 'Name each disk once.', target: TARGET };
      }),
    ),
    ...pools.flatMap(({ name, raidLevel, disks: own, at }): Diagnostic[] => {
      const least = MIN_DISKS[raidLevel] ?? 1;
      if (own.length >= least) return [];
      const message = `pool ${name} is declared as ${raidLevel}, which takes ${least} disks or more`;
      const hint = 'Name the others too, or write another raid_level.';
      return [{ code: 'INVALID_VALUE', at: placeIn(at, 'disks'), message, hint, target: TARGET }];
    }),
  ];
}

/** DUPLICATE_NAME: two entries declare one dataset. INVALID_VALUE: a property is nearly one of ZFS; others may be those of a newer version. */
export function datasetsCanBeMade({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  const { datasets } = hypervisor.zfs;
  return [
    ...repeated(datasets, ({ pool, name }) => `${pool}/${name}`).flatMap(([, ...later]) =>
      later.map(({ pool, name, writtenAt }): Diagnostic => {
        const message = `dataset ${pool}/${name} is declared twice`;
        const at = placeIn(writtenAt, 'name');
        return { code: 'DUPLICATE_NAME', at, message, hint: 'Declare it once.', target: TARGET };
      }),
    ),
    ...datasets.flatMap(({ properties, writtenAt }) =>
      Object.keys(properties).flatMap((property): Diagnostic[] => {
        const meant = property.includes(':') || PROPERTIES.includes(property) ? null : nearest(property, PROPERTIES);
        if (meant === null) return [];
        const message = `ZFS has no property ${property}`;
        const at = placeIn(writtenAt, 'properties');
        return [{ code: 'INVALID_VALUE', at, message, hint: `Did you mean "${meant}"?`, target: TARGET }];
      }),
    ),
  ];
}

/** NO_EFFECT: contents of a dataset that is no storage. */
export function contentsAreOfStorages({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  return hypervisor.zfs.datasets
    .filter(({ contentsAreNamed, storageType }) => contentsAreNamed && storageType === null)
    .map(({ pool, name, writtenAt }) => ({
      code: 'NO_EFFECT',
      at: placeIn(writtenAt, 'proxmox_content_type'),
      message: `"proxmox_content_type" has no effect: dataset ${pool}/${name} is no storage of Proxmox`,
      hint: 'Write "proxmox_storage_type": "zfspool" or "dir" beside it, or take it out.',
      target: TARGET,
    }));
}

/** Native properties that can be set (zfsprops(7), OpenZFS 2.3); those of users have a colon. */
const PROPERTIES: readonly string[] = [
  'aclinherit',
  'aclmode',
  'acltype',
  'atime',
  'canmount',
  'casesensitivity',
  'checksum',
  'compression',
  'context',
  'copies',
  'dedup',
  'defcontext',
  'devices',
  'direct',
  'dnodesize',
  'encryption',
  'exec',
  'filesystem_limit',
  'fscontext',
  'jailed',
  'keyformat',
  'keylocation',
  'logbias',
  'longname',
  'mlslabel',
  'mountpoint',
  'nbmand',
  'normalization',
  'overlay',
  'pbkdf2iters',
  'prefetch',
  'primarycache',
  'quota',
  'readonly',
  'recordsize',
  'redundant_metadata',
  'refquota',
  'refreservation',
  'relatime',
  'reservation',
  'rootcontext',
  'secondarycache',
  'setuid',
  'sharenfs',
  'sharesmb',
  'snapdev',
  'snapdir',
  'snapshot_limit',
  'special_small_blocks',
  'sync',
  'utf8only',
  'version',
  'volblocksize',
  'volmode',
  'volsize',
  'volthreading',
  'vscan',
  'xattr',
  'zoned',
];
