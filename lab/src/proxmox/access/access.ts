// Users, tokens, groups, roles and permissions in /etc/pve/user.cfg, read and written as by Proxmox (PVE/AccessControl.pm): entries that refer to
// something missing are skipped when the file is read, and so are lost with the next change.

import { BUILT_IN_ROLES, BUILT_IN_USER } from '../../../../src/proxmox/access.ts';
import type { Options } from '../../../../src/proxmox/files/section-config.ts';
import {
  parseRights,
  parseUserConfig,
  printUserConfig,
  type Right,
  wordsOf,
} from '../../../../src/proxmox/files/user-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import type { LabNode } from '../node.ts';
import { keepUserLines, userLines } from './user-config.ts';

export interface Access {
  readonly users: Map<string, Options>;
  readonly tokens: Map<string, Options>;
  readonly groups: Map<string, Options>;
  readonly roles: Map<string, Options>;
  readonly pools: Map<string, Options>;
  rights: Right[];
}

export function readAccess(node: LabNode): Access {
  const text = userLines(node).join('\n');
  const users = parseUserConfig(text, 'user');
  if (!users.has(BUILT_IN_USER)) users.set(BUILT_IN_USER, { enable: ['1'], expire: ['0'] });
  const tokens = parseUserConfig(text, 'token');
  const roles = parseUserConfig(text, 'role');
  const isKnown = ({ who, role }: Right): boolean =>
    (BUILT_IN_ROLES.includes(role) || roles.has(role)) && (!who.includes('!') || tokens.has(who));
  return {
    users,
    tokens: new Map([...tokens].filter(([id]) => users.has(ownerOf(id)))),
    groups: parseUserConfig(text, 'group'),
    roles,
    pools: parseUserConfig(text, 'pool'),
    rights: parseRights(text).filter(isKnown),
  };
}

export function keepAccess(node: LabNode, { users, tokens, groups, roles, pools, rights }: Access): void {
  const userBlock = sorted(users).flatMap(([id, user]) => [
    printUserConfig('user', id, { enable: ['0'], expire: ['0'], ...user }),
    ...sorted(tokens).flatMap(([token, options]) =>
      ownerOf(token) === id ? [printUserConfig('token', token, { expire: ['0'], privsep: ['1'], ...options })] : [],
    ),
  ]);
  const block = (sort: 'group' | 'pool' | 'role', all: Map<string, Options>): string[] =>
    sorted(all).map(([id, options]) => printUserConfig(sort, id, options));
  const blocks = [userBlock, block('group', groups), block('pool', pools), block('role', roles), rightLines(rights)];
  keepUserLines(node, blocks.flatMap((lines) => [...lines, '']).slice(0, -1));
}

/** Permissions with the same path and role share a line. */
function rightLines(rights: readonly Right[]): string[] {
  const paths = [...new Set(rights.map(({ path }) => path))].sort(byPath);
  return paths.flatMap((path) =>
    [false, true].flatMap((propagate) => {
      const here = rights.filter((right) => right.path === path && right.propagate === propagate);
      const rolesOf = new Map(
        [...new Set(here.map(({ who }) => who))]
          .filter((who) => who !== BUILT_IN_USER)
          .map((who) => [
            who,
            here
              .flatMap((right) => (right.who === who ? [right.role] : []))
              .sort()
              .join(','),
          ]),
      );
      return [...new Set(rolesOf.values())].sort().map((roles) => {
        const who = [...rolesOf].flatMap(([each, own]) => (own === roles ? [each] : [])).sort();
        return `acl:${propagate ? 1 : 0}:${path}:${who.join(',')}:${roles}:`;
      });
    }),
  );
}

/** Compares paths segment by segment. */
function byPath(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? left.length - right.length : (left[at] ?? '') < (right[at] ?? '') ? -1 : 1;
}

function sorted(all: ReadonlyMap<string, Options>): [string, Options][] {
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function ownerOf(token: string): string {
  return token.slice(0, token.lastIndexOf('!'));
}

/** Removes a deleted user from all groups. */
export function removeFromGroups({ groups }: Access, user: string): void {
  for (const [id, group] of groups) {
    const members = splitList(group['users']?.[0] ?? '').filter((each) => each !== user);
    groups.set(id, { ...group, users: [members.join(',')] });
  }
}

/** Removes the permissions on the path of a deleted object. */
export function forgetPath(node: LabNode, path: string): void {
  const access = readAccess(node);
  if (!access.rights.some((right) => right.path === path)) return;
  access.rights = access.rights.filter((right) => right.path !== path);
  keepAccess(node, access);
}

/** Makes a guest a member of a pool; undefined: no effect. */
export function joinPool(node: LabNode, id: number, pool: string | undefined): void {
  if (pool === undefined) return;
  const access = readAccess(node);
  const options = access.pools.get(pool);
  if (options === undefined) return;
  const members = new Set([...wordsOf(options, 'vms'), String(id)]);
  const sorted = [...members].sort((a, b) => Number(a) - Number(b));
  keepAccess(node, { ...access, pools: new Map([...access.pools, [pool, { ...options, vms: [sorted.join(',')] }]]) });
}
