// What lies beside a guest's own file: its firewall rules, and the files inside it.
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import type { Call } from '../call.ts';
import { pathOf } from '../node.ts';
import { leavePools } from '../objects/pools.ts';
import { leaveJobs } from '../objects/sections.ts';
import { copyTree, removeTree } from './trees.ts';

/** Gives a clone the firewall rules and the files of its source, or of a snapshot of it. */
export function copyGuest(call: Call, from: number, to: number, snapshot?: string): void {
  const rules = pathOf(call.node, `etc/pve/firewall/${from}.fw`);
  if (existsSync(rules)) copyFileSync(rules, pathOf(call.node, `etc/pve/firewall/${to}.fw`));
  copyTree(call.node, snapshot === undefined ? from : `${from}@${snapshot}`, to);
}

/** Removes the firewall rules and the files of a guest that is gone, and its places in pools and, where it is purged, in backup jobs. */
export function forgetGuest(call: Call, id: number, purge = false): void {
  rmSync(pathOf(call.node, `etc/pve/firewall/${id}.fw`), { force: true });
  removeTree(call.node, id);
  leavePools(call.node, id);
  if (purge) leaveJobs(call.node, id);
}
