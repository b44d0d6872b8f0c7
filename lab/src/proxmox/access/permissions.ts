// What a user or token may do, path by path (pve-access-control, PVE/RPCEnvironment.pm, get_effective_permissions, and PVE/AccessControl.pm, roles).

import { BUILT_IN_USER } from '../../../../src/proxmox/access.ts';
import { wordsOf } from '../../../../src/proxmox/files/user-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { type Access, ownerOf } from './access.ts';
import { ROLE_PRIVILEGES } from './privileges.ts';

/** By privilege or role, whether it goes on to what is below the path. */
type Granted = Readonly<Record<string, 0 | 1>>;

const TOP = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms'];

/** The privileges of a role; undefined for an unknown one. */
export function privilegesOf({ roles }: Access, role: string): readonly string[] | undefined {
  return ROLE_PRIVILEGES[role] ?? roles.get(role)?.['privs']?.flatMap(splitList);
}

/** By path, what is allowed there; paths without anything are left out. */
export function effectivePermissions(access: Access, who: string): Readonly<Record<string, Granted>> {
  const inPools = [...access.pools.values()].flatMap((pool) => [
    ...wordsOf(pool, 'vms').map((id) => `/vms/${id}`),
    ...wordsOf(pool, 'storage').map((id) => `/storage/${id}`),
  ]);
  const inRights = access.rights.flatMap(({ path }) => ancestorsOf(path));
  const all = [...new Set([...TOP, ...inRights, ...inPools])].map(
    (path) => [path, permissionsAt(access, who, path)] as const,
  );
  return Object.fromEntries(all.filter(([, granted]) => Object.keys(granted).length > 0));
}

/** A path with those above it. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

export function permissionsAt(access: Access, who: string, path: string): Granted {
  if (who === BUILT_IN_USER)
    return Object.fromEntries((ROLE_PRIVILEGES['Administrator'] ?? []).map((name) => [name, 1]));
  const token = access.tokens.get(who);
  if (who.includes('!') && token === undefined) return {};
  const ofOwner = token === undefined ? null : permissionsAt(access, ownerOf(who), path);
  if (ofOwner !== null && token?.['privsep']?.[0] !== '1') return ofOwner;
  const own = privilegesIn(access, withPools(access, who, path, rolesAt(access, who, path)));
  if (ofOwner === null) return own;
  const shared = Object.entries(own).filter(([name]) => ofOwner[name] !== undefined);
  return Object.fromEntries(shared.map(([name, goesOn]) => [name, goesOn === 1 && ofOwner[name] === 1 ? 1 : 0]));
}

function privilegesIn(access: Access, roles: Granted): Granted {
  const granted: Record<string, 0 | 1> = {};
  for (const [role, goesOn] of Object.entries(roles))
    for (const name of privilegesOf(access, role) ?? []) granted[name] = granted[name] === 1 ? 1 : goesOn;
  return granted;
}

/** Roles of the path, or of the nearest one above that passes them on; those of a user count before those of groups. */
function rolesAt(access: Access, who: string, path: string): Granted {
  let roles: Granted = {};
  for (const here of ancestorsOf(path)) {
    const isLast = here === (path === '/' ? '/' : path);
    const ofHolder = (holders: readonly string[]): Granted =>
      Object.fromEntries(
        access.rights
          .filter((right) => right.path === here && holders.includes(right.who) && (isLast || right.propagate))
          .map(({ role, propagate }) => [role, propagate ? 1 : 0]),
      );
    const own = ofHolder([who]);
    const found = Object.keys(own).length > 0 ? own : ofHolder(groupsOf(access, who));
    if (Object.keys(found).length > 0) roles = found;
  }
  return roles['NoAccess'] === undefined ? roles : { NoAccess: roles['NoAccess'] };
}

function groupsOf({ groups }: Access, user: string): string[] {
  return [...groups].flatMap(([id, group]) => (wordsOf(group, 'users').includes(user) ? [`@${id}`] : []));
}

/** Roles on a pool count for its members, and do not go on from there. */
function withPools(access: Access, who: string, path: string, roles: Granted): Granted {
  const [, sort, id = ''] = /^\/(vms|storage)\/([^/]+)$/.exec(path) ?? [];
  if (sort === undefined || roles['NoAccess'] !== undefined) return roles;
  const ofPools = [...access.pools].flatMap(([pool, options]) =>
    wordsOf(options, sort).includes(id) ? Object.keys(rolesAt(access, who, `/pool/${pool}`)) : [],
  );
  if (ofPools.includes('NoAccess')) return { NoAccess: 0 };
  return { ...Object.fromEntries(ofPools.map((role) => [role, 0])), ...roles };
}
