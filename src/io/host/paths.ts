// Paths on a node: absolute, without a way up, so that a lab host cannot be left by them.

import { normalize } from 'node:path';

/** The path without needless parts. Fails when it is not absolute or leads upwards. */
export function checkPath(path: string): string {
  if (!path.startsWith('/') || path.includes('\0') || path.split('/').includes('..')) {
    throw new Error(`${JSON.stringify(path)} must be an absolute path without ".."`);
  }
  return normalize(path);
}

/** Proxmox's cluster file system gives its files their mode itself and refuses another one; a lab's has none. */
export function hasNoFileModes(root: string, path: string): boolean {
  return root === '' && path.startsWith('/etc/pve/');
}
