// `qm migrate` and `pct migrate`: what Proxmox refuses before it begins (migrate_vm in qemu-server, PVE/API2/Qemu.pm, and pve-container,
// PVE/API2/LXC.pm). A lab has one node: nothing is moved.

import { type Call, warn } from '../call.ts';
import { clusterNodes, type GuestKind, running } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { checkLock, load } from './guest.ts';

export function migrateGuest(call: Call, kind: GuestKind, id: number, parameters: Parameters): void {
  const target = String(parameters['target']);
  if (target === call.node.name) refuseParameters({ target: 'target is local node.' });
  if (!clusterNodes(call.node).includes(target)) refuse(`no such cluster node '${target}'`);
  const file = load(call, kind, id);
  if (kind === 'qemu') checkLock(kind, file);
  const isRunning = running(call.node, id) !== undefined;
  const isOnline = parameters['online'] === '1';
  if (kind === 'lxc' && isRunning && !isOnline && parameters['restart'] !== '1')
    refuse("can't migrate running container without --online or --restart");
  if (kind === 'qemu' && isRunning && !isOnline) refuse("can't migrate running VM without --online");
  if (kind === 'qemu' && !isRunning && isOnline) warn(call, "VM isn't running. Doing offline migration instead.");
  refuse('the lab does not move guests to other nodes');
}
