// The files of the software-defined network in /etc/pve/sdn, and which objects of the API are in each.

import { existsSync, readFileSync } from 'node:fs';
import { parseSections, type Section } from '../../../../../src/proxmox/files/section-config.ts';
import { withLock } from '../../lock.ts';
import { type LabNode, pathOf } from '../../node.ts';
import { refuse } from '../../refusal.ts';

export type Sections = Map<string, Section>;

export interface SdnRow {
  readonly path: string;
  readonly id: string;
  readonly what: string;
  readonly file: 'controllers' | 'zones' | 'vnets' | 'subnets';
  /** Options that are written first in the file. */
  readonly required: readonly string[];
}

export const SDN_ROWS: readonly SdnRow[] = [
  {
    path: '/cluster/sdn/controllers',
    id: 'controller',
    what: 'controller',
    file: 'controllers',
    required: ['asn', 'isis-domain', 'isis-ifaces', 'isis-net', 'node'],
  },
  {
    path: '/cluster/sdn/zones',
    id: 'zone',
    what: 'zone',
    file: 'zones',
    required: ['bridge', 'controller', 'tag', 'vrf-vxlan'],
  },
  { path: '/cluster/sdn/vnets', id: 'vnet', what: 'vnet', file: 'vnets', required: ['zone'] },
  { path: '/cluster/sdn/vnets/{vnet}/subnets', id: 'subnet', what: 'subnet', file: 'subnets', required: ['vnet'] },
];

export function sdnSections(node: LabNode, file: SdnRow['file']): Sections {
  return parseSections(sdnFile(node, file));
}

export function sdnFile(node: LabNode, file: SdnRow['file']): string {
  const path = pathOf(node, `etc/pve/sdn/${file}.cfg`);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** What a change of the network says of itself where somebody has locked it. */
export interface SdnChange {
  /** The sentence of the failure, before its reason. */
  readonly failing: string;
  /** The token of the lock, which its owner gives with each change. */
  readonly token: string | undefined;
}

/** Contains the token of whoever locked the network by the API, as long as it is locked. */
export const SDN_LOCK = 'etc/pve/sdn/.lock';

/**
 * Changes of the network are serialised by one lock of the cluster, and refused without the token of a lock of the API
 * (PVE::Network::SDN::lock_sdn_config).
 */
export function withSdnLock<T = null>(
  node: LabNode,
  { failing, token }: SdnChange,
  change: () => T,
): { readonly data: T } {
  const locked = withLock(pathOf(node, 'run/lock/sdn.lck'), 10_000, () => {
    const file = pathOf(node, SDN_LOCK);
    if (existsSync(file) && readFileSync(file, 'utf8') !== token)
      refuse(`${failing}: invalid lock token provided! at /usr/share/perl5/PVE/Network/SDN.pm line 291.`);
    return change();
  });
  return locked === undefined
    ? refuse(`${failing}: cfs-lock-domain sdn error: got lock request timeout`)
    : { data: locked.result };
}
