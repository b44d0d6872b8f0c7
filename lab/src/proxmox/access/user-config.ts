// Pools of guests in /etc/pve/user.cfg, which also holds users and permissions.

import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import { refuse } from '../refusal.ts';

const FILE = 'etc/pve/user.cfg';

export function userLines(node: LabNode): string[] {
  const file = pathOf(node, FILE);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : 'user:root@pam:1:0::::::\n';
  return text.split('\n').filter((line) => line !== '');
}

export function keepUserLines(node: LabNode, lines: readonly string[]): void {
  replaceFile(pathOf(node, FILE), lines.map((line) => `${line}\n`).join(''));
}

/** Refuses a pool that does not exist; undefined is accepted. */
export function checkPool(node: LabNode, pool: string | undefined): void {
  if (pool === undefined || userLines(node).some((line) => line.startsWith(`pool:${pool}:`))) return;
  refuse(`403 Permission check failed (pool '${pool}' does not exist)`);
}
