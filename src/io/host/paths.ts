// Checks paths on a node: absolute and without `..`, so that they cannot leave a lab host.

import { normalize } from 'node:path';

/** The normalised path. Fails when it is not absolute or contains `..`. */
export function checkPath(path: string): string {
  if (!path.startsWith('/') || path.includes('\0') || path.split('/').includes('..')) {
    throw new Error(`${JSON.stringify(path)} must be an absolute path without ".."`);
  }
  return normalize(path);
}

/** Whether the file system sets modes itself and refuses others, as Proxmox's cluster file system; a lab's does not. */
export function hasNoFileModes(root: string, path: string): boolean {
  return root === '' && path.startsWith('/etc/pve/');
}
