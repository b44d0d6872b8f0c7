// The location of a guest's files in a lab, and the input of its programs.

import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { machineAt } from '../../network/machines.ts';
import type { Outcome } from '../../tree/tree.ts';
import { configPath, guestTree, type LabNode, pathOf } from '../node.ts';

export type Inside = { readonly node: LabNode; readonly id: number; readonly stdin: () => Buffer };

/** A built-in program of guests. */
export type GuestProgram = (inside: Inside, words: readonly string[]) => Outcome;

/** The path in the lab of a path inside a guest: among the guest's own files, or in the folder of the host that is mounted there. */
export function insidePath(node: LabNode, id: number, path: string): string {
  const inside = normalize(`/${path}`);
  const mount = mounts(node, id).find(({ at }) => inside === at || inside.startsWith(`${at}/`));
  if (mount !== undefined) return pathOf(node, join(mount.source, inside.slice(mount.at.length)));
  return join(guestTree(node, id), inside);
}

/** Folders of the host that a container mounts, or a VM by NFS; the longest path first. */
function mounts(node: LabNode, id: number): { readonly source: string; readonly at: string }[] {
  return [...containerMounts(node, id), ...nfsMounts(node, id)]
    .map(({ source, at }) => ({ source, at: normalize(`/${at}`).replace(/(.)\/$/, '$1') }))
    .sort((a, b) => b.at.length - a.at.length);
}

function containerMounts(node: LabNode, id: number): { readonly source: string; readonly at: string }[] {
  const file = configPath(node, 'lxc', id);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const lines = text.slice(0, `${text}\n[`.indexOf('\n[')).matchAll(/^mp\d+: (\/[^,]*).*?,mp=([^,\n]+)/gm);
  return [...lines].map(([, source = '', at = '']) => ({ source, at }));
}

function nfsMounts(node: LabNode, id: number): { readonly source: string; readonly at: string }[] {
  const file = join(guestTree(node, id), 'etc/fstab');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').matchAll(/^([^\s:]+):(\/\S*) (\/\S+) nfs /gm);
  return [...lines].flatMap(([, server = '', source = '', at = '']) =>
    machineAt(node, server) === null ? [{ source, at }] : [],
  );
}
