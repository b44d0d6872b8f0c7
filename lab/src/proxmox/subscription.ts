// The subscription of a node: a lab has none, and asks no server for one (pve-manager, PVE/API2/Subscription.pm).

import { rmSync } from 'node:fs';
import { type LabNode, pathOf } from './node.ts';

const FILE = '/etc/subscription';

export const NO_SUBSCRIPTION = {
  message: 'There is no subscription key',
  serverid: null,
  status: 'notfound',
  url: 'https://www.proxmox.com/en/proxmox-virtual-environment/pricing',
} as const;

/** Removes the key, if there is one. */
export function deleteSubscription(node: LabNode): void {
  rmSync(pathOf(node, FILE), { force: true });
}
