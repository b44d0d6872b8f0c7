// Root file systems of real containers, with owners, links and devices.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LabNode } from '../proxmox/node.ts';
import { call } from './machine.ts';

/** The files of a container or of a snapshot of it (`101@name`). */
export function treePath(node: LabNode, name: number | string): string {
  return join(node.dir, 'guests', String(name));
}

/** Supports any archive that tar reads. */
export function unpack(archive: string, tree: string): void {
  mkdirSync(tree, { recursive: true });
  call('tar', '--numeric-owner', '-xpf', archive, '-C', tree);
}

/** Copies the content of a folder. */
export function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  call('cp', '-a', '--reflink=auto', `${from}/.`, to);
}
