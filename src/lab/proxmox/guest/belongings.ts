// What lies beside a guest's own file: its firewall rules, and the files inside it.
import { copyFileSync, cpSync, existsSync, rmSync } from 'node:fs';
import type { Call } from '../call.ts';
import { guestTree, pathOf } from '../node.ts';

/** Gives a clone the firewall rules and the files of its source, or of a snapshot of it. */
export function copyGuest(call: Call, from: number, to: number, snapshot?: string): void {
  const rules = pathOf(call.node, `etc/pve/firewall/${from}.fw`);
  if (existsSync(rules)) copyFileSync(rules, pathOf(call.node, `etc/pve/firewall/${to}.fw`));
  const source = guestTree(call.node, snapshot === undefined ? from : `${from}@${snapshot}`);
  cpSync(source, guestTree(call.node, to), { recursive: true });
}

/** Removes the firewall rules and the files of a guest that is gone. */
export function forgetGuest(call: Call, id: number): void {
  rmSync(pathOf(call.node, `etc/pve/firewall/${id}.fw`), { force: true });
  rmSync(pathOf(call.node, `guests/${id}`), { recursive: true, force: true });
}
