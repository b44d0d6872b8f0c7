// Names in a lab's network, as its machines resolve them: from the node's /etc/hosts and from the folders that its dnsmasq reads.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type LabNode, pathOf } from '../proxmox/node.ts';

/** Resolves a name; an address resolves to itself, an unknown name to undefined. */
export function addressOf(node: LabNode, name: string): string | undefined {
  return isIP(name) !== 0 ? name : entryOf(node, name)?.address;
}

/** The first name on the line that contains this name; undefined for an unknown name. */
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

/** Every name in the node's own files, as lines of a hosts file. */
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
