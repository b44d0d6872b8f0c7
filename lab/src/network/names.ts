// Names in a lab's network, as its machines would be told them: from /etc/hosts of the node and from the folders that its
// dnsmasq is told to watch.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type LabNode, pathOf } from '../proxmox/node.ts';

/** The address of a name, or what it says itself when it is one; undefined for a name that nobody knows. */
export function addressOf(node: LabNode, name: string): string | undefined {
  return isIP(name) !== 0 ? name : entryOf(node, name)?.address;
}

/** The first name of the machine that has this name too; undefined for a name that nobody knows. */
export function canonicalName(node: LabNode, name: string): string | undefined {
  return entryOf(node, name)?.names[0];
}

function entryOf(node: LabNode, name: string): { readonly address: string; readonly names: string[] } | undefined {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  for (const file of ['/etc/hosts', ...watchedFiles(node)]) {
    for (const line of linesOf(node, file)) {
      const [address = '', ...names] = line.split(/\s+/);
      if (names.some((each) => each.toLowerCase() === wanted)) return { address, names };
    }
  }
  return undefined;
}

/** Every name of the node's own files, as lines of a hosts file. */
export function hostsOf(node: LabNode): string {
  const lines = ['/etc/hosts', ...watchedFiles(node)].flatMap((file) => linesOf(node, file));
  return lines.map((line) => `${line}\n`).join('');
}

function watchedFiles(node: LabNode): string[] {
  const folder = '/etc/dnsmasq.d';
  const files = existsSync(pathOf(node, folder)) ? readdirSync(pathOf(node, folder)) : [];
  const watched = files
    .filter((file) => file.endsWith('.conf'))
    .flatMap((file) => linesOf(node, join(folder, file)))
    .flatMap((line) => /^hostsdir\s*=\s*(\S+)/.exec(line)?.[1] ?? []);
  return watched.flatMap((each) =>
    existsSync(pathOf(node, each))
      ? readdirSync(pathOf(node, each))
          .filter((file) => !file.startsWith('.'))
          .map((file) => join(each, file))
      : [],
  );
}

function linesOf(node: LabNode, file: string): string[] {
  const path = pathOf(node, file);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}
