// The machine of a lab that has an address now: the node, or a running guest.

import { readFileSync } from 'node:fs';
import { kernelLinks } from '../host/links/links.ts';
import { configPath, type GuestKind, guestIds, kindOf, type LabNode, running } from '../proxmox/node.ts';

type Machine = { readonly id: number; readonly kind: GuestKind } | null;

/** Null: the node itself; undefined: no running machine. */
export function machineAt(node: LabNode, address: string): Machine | undefined {
  if (address === '127.0.0.1' || address === '::1' || nodeAddresses(node).includes(address)) return null;
  for (const kind of ['lxc', 'qemu'] as const) {
    const id = guestIds(node, kind).find(
      (each) => running(node, each) !== undefined && addressesOf(node, each).includes(address),
    );
    if (id !== undefined) return { id, kind };
  }
  return undefined;
}

function nodeAddresses(node: LabNode): string[] {
  const links = Object.values(kernelLinks(node));
  return links.flatMap(({ addresses }) => addresses.map((address) => address.replace(/\/.*/, '')));
}

/** The static addresses of a guest's network devices. */
export function addressesOf(node: LabNode, id: number): string[] {
  const kind = kindOf(node, id);
  if (kind === undefined) return [];
  const text = readFileSync(configPath(node, kind, id), 'utf8');
  const current = text.slice(0, `${text}\n[`.indexOf('\n['));
  const setting = kind === 'lxc' ? /^net\d+:.*?\bip=([^,/\s]+)/gm : /^ipconfig\d+:.*?\bip=([^,/\s]+)/gm;
  return [...current.matchAll(setting)].map(([, address = '']) => address);
}
