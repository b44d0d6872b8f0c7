// What belongs to a guest beside its configuration file: firewall rules, and the files inside it.
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { parseSections } from '../../../../src/proxmox/files/section-config.ts';
import type { Call } from '../call.ts';
import { pathOf } from '../node.ts';
import { removeFromHa } from '../objects/ha/ha.ts';
import { removeFromPools } from '../objects/pools.ts';
import { removeFromReplication } from '../objects/replication.ts';
import { removeFromJobs } from '../objects/sections.ts';
import { refuse } from '../refusal.ts';
import { copyTree, removeTree } from './trees.ts';

/** Copies firewall rules and files of the source, or of a snapshot of it, to a clone. */
export function copyGuest(call: Call, from: number, to: number, snapshot?: string): void {
  const rules = pathOf(call.node, `etc/pve/firewall/${from}.fw`);
  if (existsSync(rules)) copyFileSync(rules, pathOf(call.node, `etc/pve/firewall/${to}.fw`));
  copyTree(call.node, snapshot === undefined ? from : `${from}@${snapshot}`, to);
}

/** Refuses to destroy a guest that HA or replication names, unless it is purged from them (PVE/API2/LXC.pm and Qemu.pm, destroy_vm). */
export function checkManaged({ node }: Call, what: 'CT' | 'VM', id: number, purge: boolean): void {
  if (purge) return;
  const names = (file: string): string[] => {
    const path = pathOf(node, file);
    return existsSync(path) ? [...parseSections(readFileSync(path, 'utf8')).keys()] : [];
  };
  if (names('etc/pve/ha/resources.cfg').includes(String(id)))
    refuse(`unable to remove ${what} ${id} - used in HA resources and purge parameter not set.`);
  const job = names('etc/pve/replication.cfg').find((name) => name.startsWith(`${id}-`));
  if (job !== undefined) refuse(`There is a replication job '${job}' for guest '${id}' - Please remove that first.`);
}

/** Removes the firewall rules, files and pool memberships of a destroyed guest and, if purged, its entries in backup jobs, HA and replication. */
export function removeBelongings(call: Call, id: number, purge = false): void {
  rmSync(pathOf(call.node, `etc/pve/firewall/${id}.fw`), { force: true });
  removeTree(call.node, id);
  removeFromPools(call.node, id);
  if (!purge) return;
  removeFromJobs(call.node, id);
  removeFromHa(call.node, id);
  removeFromReplication(call.node, id);
}
