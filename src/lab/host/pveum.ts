// pveum of the node, as far as users and their roles go: /etc/pve/user.cfg.

import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../proxmox/lock.ts';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, ok } from '../tree/tree.ts';

const ROLES = new Set(['Administrator', 'NoAccess', 'PVEAdmin', 'PVEAuditor', 'PVEVMAdmin', 'PVEVMUser']);

function lines(node: LabNode): string[] {
  const file = pathOf(node, 'etc/pve/user.cfg');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : 'user:root@pam:1:0::::::\n';
  return text.split('\n').filter((line) => line !== '');
}

const keep = (node: LabNode, all: readonly string[]): void =>
  replaceFile(pathOf(node, 'etc/pve/user.cfg'), all.map((line) => `${line}\n`).join(''));

function optionsOf(words: readonly string[], known: readonly string[]): ReadonlyMap<string, string> | string {
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) {
    const written = words[index]?.replace(/^--?/, '') ?? '';
    // Proxmox takes the beginning of an option for the option.
    const name = known.find((each) => written !== '' && each.startsWith(written));
    if (!words[index]?.startsWith('-') || name === undefined) return `Unknown option: ${written}`;
    options.set(name, words[index + 1] ?? '');
  }
  return options;
}

/** Answers `pveum user add ID [--comment TEXT]` and `pveum acl modify|delete PATH --users ID --roles ROLE`. */
export const pveum: Program = (node, [noun = '', verb = '', subject = '', ...words]) => {
  const all = lines(node);
  if (noun === 'user' && verb === 'add') {
    const options = optionsOf(words, ['comment']);
    if (typeof options === 'string') return failed(`${options}\n400 unable to parse option`, 255);
    if (!/^[^\s:/]+@(pam|pve)$/.test(subject)) {
      return failed(
        `400 Parameter verification failed.\nuserid: value '${subject}' does not look like a valid user name`,
        255,
      );
    }
    if (all.some((line) => line.startsWith(`user:${subject}:`))) {
      return failed(`create user failed: user '${subject}' already exists`, 255);
    }
    const comment = (options.get('comment') ?? '').replaceAll(/[%:]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
    keep(node, [...all, `user:${subject}:1:0::::${comment}::`]);
    return ok();
  }
  if (noun !== 'acl' || !['modify', 'delete'].includes(verb))
    return failed(`ERROR: unknown command 'pveum ${noun} ${verb}'`, 255);
  const options = optionsOf(words, ['users', 'roles']);
  if (typeof options === 'string') return failed(`${options}\n400 unable to parse option`, 255);
  const [user = '', role = ''] = [options.get('users'), options.get('roles')];
  if (!ROLES.has(role)) return failed(`role '${role}' does not exist`, 255);
  if (!all.some((line) => line.startsWith(`user:${user}:`))) return failed(`user '${user}' does not exist`, 255);
  const own = `acl:1:${subject}:${user}:${role}:`;
  const rest = all.filter((line) => line !== own);
  keep(node, verb === 'modify' ? [...rest, own] : rest);
  return ok();
};
