// What lies beside a guest's own file: its firewall rules, and the files inside it.
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { parseSections } from '../../../../src/proxmox/section-config.ts';
import type { Call } from '../call.ts';
import { pathOf } from '../node.ts';
import { removeFromHa } from '../objects/ha.ts';
import { removeFromPools } from '../objects/pools.ts';
import { removeFromReplication } from '../objects/replication.ts';
import { removeFromJobs } from '../objects/sections.ts';
import { refuse } from '../refusal.ts';
import { copyTree, removeTree } from './trees.ts';

/** Gives a clone the firewall rules and the files of its source, or of a snapshot of it. */
export function copyGuest(call: Call, from: number, to: number, snapshot?: string): void {
  const rules = pathOf(call.node, `etc/pve/firewall/${from}.fw`);
  if (existsSync(rules)) copyFileSync(rules, pathOf(call.node, `etc/pve/firewall/${to}.fw`));
  copyTree(call.node, snapshot === undefined ? from : `${from}@${snapshot}`, to);
}

/** What HA or replication names is destroyed only together with what they have of it (PVE/API2/LXC.pm and Qemu.pm, destroy_vm). */
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

/** Removes the firewall rules and the files of a guest that is gone, and its places in pools and, where it is purged, in backup jobs, HA and replication. */
export function forgetGuest(call: Call, id: number, purge = false): void {
  rmSync(pathOf(call.node, `etc/pve/firewall/${id}.fw`), { force: true });
  removeTree(call.node, id);
  removeFromPools(call.node, id);
  if (!purge) return;
  removeFromJobs(call.node, id);
  removeFromHa(call.node, id);
  removeFromReplication(call.node, id);
}
