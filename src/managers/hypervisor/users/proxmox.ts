// What an account may do in Proxmox's own interface: /etc/pve/user.cfg, changed by `pveum` alone.

import type { Action } from '../../../model/action.ts';
import { act, run } from '../act.ts';
import { COMMENT } from './accounts.ts';

export const USERS_FILE = '/etc/pve/user.cfg';
const ROLE = 'Administrator';

interface ProxmoxUser {
  /** As the host has it, without its realm: Proxmox asks the host for the password. */
  readonly name: string;
  readonly ours: boolean;
  /** May do everything everywhere. */
  readonly administrates: boolean;
}

export function readUsers(text: string): ProxmoxUser[] {
  const lines = text.split('\n').map((line) => line.split(':'));
  const administrators = new Set(
    lines.flatMap(([kind, , path, ids = '', roles = '']) =>
      kind === 'acl' && path === '/' && roles.split(',').includes(ROLE) ? ids.split(',') : [],
    ),
  );
  return lines.flatMap(([kind, id = '', , , , , , comment = '']) => {
    const [, name] = /^(.+)@pam$/.exec(id) ?? [];
    if (kind !== 'user' || name === undefined) return [];
    return [{ name, ours: comment === COMMENT, administrates: administrators.has(id) }];
  });
}

/** @param username null: nobody of ours administrates Proxmox. Users stay: what they did in Proxmox has their name on it */
export function proxmoxActions(username: string | null, users: readonly ProxmoxUser[]): Action[] {
  const user = users.find(({ name }) => name === username);
  const others = users.filter(({ name, ours, administrates }) => ours && administrates && name !== username);
  const acl = (verb: string, name: string) =>
    run('pveum', ['acl', verb, '/', '--users', `${name}@pam`, '--roles', ROLE]);
  return [
    ...others.map(({ name }) => act(`let ${name} administrate Proxmox no more`, acl('delete', name))),
    ...(username === null || user !== undefined
      ? []
      : [act(`tell Proxmox of ${username}`, run('pveum', ['user', 'add', `${username}@pam`, '--comment', COMMENT]))]),
    ...(username === null || user?.administrates === true
      ? []
      : [act(`let ${username} administrate Proxmox`, acl('modify', username))]),
  ];
}
