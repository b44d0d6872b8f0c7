// The management interface of a lab's node, as its installation would have configured it.

import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../../proxmox/lock.ts';
import { openNode, pathOf } from '../../proxmox/node.ts';
import { declaredLinks, MAIN, setKernelLinks } from './links.ts';

interface Management {
  /** Name of a bridge or an interface. */
  readonly name: string;
  /** With prefix length. */
  readonly address: string;
  readonly gateway: string | null;
}

/** The configuration of a new node. */
const FRESH = 'iface vmbr0 inet static\n\taddress 10.0.0.13/24\n\tgateway 10.0.0.1\n';

/** Configures it; no effect on a node whose network was changed. */
export function manageBy(dir: string, { name, address, gateway }: Management): void {
  const node = openNode(dir);
  const file = pathOf(node, MAIN);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (!text.includes(FRESH)) return;
  const family = address.includes(':') ? 'inet6' : 'inet';
  const lines = [`\taddress ${address}`, ...(gateway === null ? [] : [`\tgateway ${gateway}`]), ''].join('\n');
  const own = `iface ${name} ${family} static\n${lines}`;
  const changed =
    name === 'vmbr0'
      ? text.replace(FRESH, own)
      : `${text.replace(FRESH, 'iface vmbr0 inet manual\n')}\nauto ${name}\n${own}`;
  replaceFile(file, changed);
  setKernelLinks(node, declaredLinks(node).links);
}
