// What the node offers for storages (pve-storage, PVE/API2/Storage/Scan.pm): its own volume groups, thin pools and file systems. A lab reaches no server
// of storage.

import { readZfs } from '../../host/zfs/state.ts';
import type { Call } from '../call.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { storages } from './storage.ts';

const BYTES = 500 * 1024 ** 3;

/** Answers a scan; undefined for any other call. */
export function scanCall(
  { node }: Call,
  method: string,
  template: string,
  { vg }: Parameters,
): { readonly data: unknown } | undefined {
  const [, sort] = /^\/nodes\/\{node\}\/scan\/(\w+)$/.exec(template) ?? [];
  if (sort === undefined || method !== 'GET') return undefined;
  const onLvm = [...storages(node).values()].filter(({ type }) => type === 'lvm' || type === 'lvmthin');
  switch (sort) {
    case 'zfs': {
      const names = Object.keys(readZfs(node).datasets).filter((name) => !/\/(subvol|basevol)-\d+-[^/]+$/.test(name));
      return { data: names.sort().map((pool) => ({ pool, size: BYTES, free: BYTES })) };
    }
    case 'lvm': {
      const groups = [...new Set(onLvm.map(({ options }) => options['vgname']))];
      return { data: groups.map((name) => ({ vg: name, size: BYTES, free: 0 })) };
    }
    case 'lvmthin': {
      const pools = onLvm.flatMap(({ options }) => (options['vgname'] === vg ? (options['thinpool'] ?? []) : []));
      return { data: [...new Set(pools)].map((lv) => ({ lv, lv_size: BYTES, type: 'thin-pool' })) };
    }
    default:
      return refuse(`the lab reaches no server of storage: scan ${sort}`);
  }
}
