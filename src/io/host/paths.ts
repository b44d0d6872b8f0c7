// Paths on a node: absolute, without a way up, so that a lab host cannot be left by them.

import { join, normalize } from 'node:path';

/** The path without needless parts. Fails when it is not absolute or leads upwards. */
export function checkPath(path: string): string {
  if (!path.startsWith('/') || path.includes('\0') || path.split('/').includes('..')) {
    throw new Error(`${JSON.stringify(path)} must be an absolute path without ".."`);
  }
  return normalize(path);
}

/** Where a path of the node lies when `root` stands for its `/`. */
export function below(root: string, path: string): string {
  return join(root === '' ? '/' : root, checkPath(path));
}

/** Proxmox's cluster file system gives its files their mode itself and refuses another one. */
export function holdsNoMode(path: string): boolean {
  return path.startsWith('/etc/pve/');
}
