// An account's permissions in Proxmox: /etc/pve/user.cfg, changed only by `pveum`.

import type { Action } from '../../../model/action.ts';
import { act, run } from '../act.ts';
import { COMMENT } from './accounts.ts';

export const USERS_FILE = '/etc/pve/user.cfg';
export const ROLE = 'Administrator';

interface ProxmoxUser {
  /** The host's account name, without the realm: it is in realm `pam`, where Proxmox checks the password against the host. */
  readonly name: string;
  readonly ours: boolean;
  /** Has the role Administrator on `/`. */
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

/** @param username null: no account of Phoenix's administrates Proxmox. Users are never removed, since Proxmox's logs refer to them */
export function proxmoxActions(username: string | null, users: readonly ProxmoxUser[]): Action[] {
  const user = users.find(({ name }) => name === username);
  const others = users.filter(({ name, ours, administrates }) => ours && administrates && name !== username);
  const acl = (verb: string, name: string) =>
    run('pveum', ['acl', verb, '/', '--users', `${name}@pam`, '--roles', ROLE]);
  return [
    ...others.map(({ name }) => act(`remove the role Administrator from ${name}`, acl('delete', name))),
    ...(username === null || user !== undefined
      ? []
      : [
          act(
            `add ${username} to the users of Proxmox`,
            run('pveum', ['user', 'add', `${username}@pam`, '--comment', COMMENT]),
          ),
        ]),
    ...(username === null || user?.administrates === true
      ? []
      : [act(`give ${username} the role Administrator`, acl('modify', username))]),
  ];
}
