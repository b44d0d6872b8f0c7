// update-initramfs of the node: copies the module settings that apply early at boot.

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../proxmox/lock.ts';
import { pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, ok } from '../tree/tree.ts';

const KERNEL = '6.17.2-1-pve';

/** Answers `update-initramfs -u [-k all]`. */
export const updateInitramfs: Program = (node, argv) => {
  const words = argv.filter((word, index) => word !== '-k' && argv[index - 1] !== '-k');
  if (words.join(' ') !== '-u') return failed('You must specify at least one of -c, -u, or -d.');
  const folder = pathOf(node, 'etc/modprobe.d');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.conf')) : [];
  const text = names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
  mkdirSync(pathOf(node, 'boot'), { recursive: true });
  replaceFile(pathOf(node, `boot/initrd.img-${KERNEL}`), text.join(''));
  return ok(`update-initramfs: Generating /boot/initrd.img-${KERNEL}\n`);
};
