// Copies the files of a guest for a clone or a snapshot, and removes them.

import { cpSync, rmSync } from 'node:fs';
import { engineFor } from '../../engine/engine.ts';
import { guestTree, type LabNode, pathOf } from '../node.ts';

/** @param from id of a guest, or `101@name` for a snapshot of it; likewise `to` */
export function copyTree(node: LabNode, from: number | string, to: number | string): void {
  const engine = engineFor(node, Number.parseInt(String(from), 10));
  const [source, target] = [guestTree(node, from), guestTree(node, to)];
  if (engine === null) cpSync(source, target, { recursive: true });
  else engine.copy(source, target);
}

export function removeTree(node: LabNode, name: number | string): void {
  rmSync(pathOf(node, `guests/${name}`), { recursive: true, force: true });
}
