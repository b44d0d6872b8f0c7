// Rights: roles that users, groups and tokens have on a path. One declaration is one ACL entry of Proxmox for each combination of role and principal;
// each is granted and revoked by one call, and none has room for an owner mark.

import type { Action } from '../../model/action.ts';
import { nameOf, type TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { FieldDifference } from '../../model/run.ts';
import { shellWord } from '../../model/text.ts';
import { normalisedAclPath } from '../../proxmox/access.ts';
import type { Options } from '../../proxmox/files/section-config.ts';
import { parseRights, type Right } from '../../proxmox/files/user-config.ts';
import type { Decision, Wanted } from '../manager.ts';
import { pvesh } from './calls.ts';
import { approvalHint, missingReference } from './decide.ts';
import type { ObjectObservation } from './observe.ts';
import { wordsOf } from './options/values.ts';
import type { ObjectRow, Reference } from './row.ts';

const PATH = '/access/acl';
/** The kinds of principal: the option of the call, and the prefix in Proxmox's file. */
const PRINCIPALS = { users: '', groups: '@', tokens: '' } as const;

/** Every ACL entry of the host by path, principal and role. */
export function readRights(text: string): Map<string, Options> {
  return new Map(parseRights(text).map((right) => [keyOf(right), { propagate: [right.propagate ? '1' : '0'] }]));
}

/** The pool, storage or guest that a path refers to. */
export function namedByPath(_name: string, { path }: JsonObject): Reference[] {
  const [area, name, ...more] = normalisedAclPath(String(path ?? ''))
    .split('/')
    .slice(1);
  const sort = ({ pool: 'pool', storage: 'storage', vms: 'guest' } as const)[area ?? ''];
  return sort === undefined || name === undefined || more.length > 0 ? [] : [{ sort, name, at: ['path'] }];
}

export function decideRights(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectObservation): Decision {
  const { target, spec, before, adopt, approved } = wanted;
  const name = nameOf(target);
  const earlier = rightsOf(before);
  if (spec === undefined) {
    const gone = earlier.filter((right) => seen.objects.has(keyOf(right)));
    if (gone.length > 0 && !approved) {
      const reason = `${row.label} ${name} is no longer declared, and deleting it loses ${row.lossOnDelete}; ${approvalHint('destroy', target)}`;
      return { kind: 'blocked', reason };
    }
    return { kind: 'actions', actions: revocations(name, gone) };
  }
  const absent = missingReference(row, wanted, spec, seen);
  if (absent !== null) return { kind: 'impossible', reason: absent };
  const declared = rightsOf(spec);
  const isThere = (right: Right): boolean =>
    seen.objects.get(keyOf(right))?.['propagate']?.[0] === (right.propagate ? '1' : '0');
  const isComplete = declared.every(isThere);
  const mayOwn = isComplete || before !== undefined || adopt === true;
  const foreign = mayOwn ? undefined : declared.find((right) => seen.objects.has(keyOf(right)));
  if (foreign !== undefined) return { kind: 'blocked', reason: foreignRightReason(foreign, target) };
  const declaredKeys = new Set(declared.map(keyOf));
  const gone = earlier.filter((right) => !declaredKeys.has(keyOf(right)) && seen.objects.has(keyOf(right)));
  return { kind: 'actions', actions: [...(isComplete ? [] : [grant(name, spec)]), ...revocations(name, gone)] };
}

/**
 * One field for each principal whose roles on the path differ, such as `users.ada@pve`, and `propagate` where some of the entries have it otherwise.
 * Roles that others gave to the same principals are none of ours.
 */
export function rightsDifferences(
  { spec, before }: Wanted<JsonObject>,
  { objects }: Pick<ObjectObservation, 'objects'>,
): readonly FieldDifference[] {
  const declared = rightsOf(spec);
  const keys = new Set(declared.map(keyOf));
  const left = rightsOf(before).filter((right) => !keys.has(keyOf(right)));
  const path = declared[0]?.path;
  const fieldOf = ({ who, path: of }: Right): string => {
    const option = optionOf(who);
    return `${option}.${who.slice(PRINCIPALS[option].length)}${of === path ? '' : ` on ${of}`}`;
  };
  const listed = (rights: readonly Right[]) =>
    rights.length === 0
      ? null
      : rights
          .map(({ role }) => role)
          .sort()
          .join(', ');
  const rows = [...Map.groupBy([...declared, ...left], fieldOf)].flatMap(([field, rights]): FieldDifference[] => {
    const wantedRoles = listed(rights.filter((right) => keys.has(keyOf(right))));
    const observed = listed(rights.filter((right) => objects.has(keyOf(right))));
    return wantedRoles === observed ? [] : [{ field, declared: wantedRoles, observed }];
  });
  const other = declared.find((right) => {
    const propagate = objects.get(keyOf(right))?.['propagate']?.[0];
    return propagate !== undefined && propagate !== (right.propagate ? '1' : '0');
  });
  return other === undefined
    ? rows
    : [...rows, { field: 'propagate', declared: other.propagate, observed: !other.propagate }];
}

function foreignRightReason({ who, role, path }: Right, target: TargetId): string {
  return `${who} has the role ${role} on ${path} already, which is not ours; take it over with phoenix adopt ${shellWord(target)}`;
}

/** Granting an existing right changes nothing. */
function grant(name: string, spec: JsonObject): Action {
  const { path, roles, propagate } = spec;
  const args = ['--path', normalisedAclPath(String(path)), '--roles', wordsOf(roles).join(',')];
  const principals = Object.keys(PRINCIPALS).flatMap((option) => {
    const words = wordsOf(spec[option]);
    return words.length === 0 ? [] : [`--${option}`, words.join(',')];
  });
  return pvesh(`give the rights ${name}`, 'set', PATH, [
    ...args,
    ...principals,
    '--propagate',
    propagate === false ? '0' : '1',
  ]);
}

/** One call for each path and set of roles. */
function revocations(name: string, rights: readonly Right[]): Action[] {
  const byPrincipal = Map.groupBy(rights, ({ path, who }) => `${path} ${who}`);
  const lines = [...byPrincipal.values()].flatMap((each) => {
    const [first] = each;
    return first === undefined
      ? []
      : [
          {
            ...first,
            roles: each
              .map(({ role }) => role)
              .sort()
              .join(','),
          },
        ];
  });
  const calls = Map.groupBy(lines, ({ path, roles }) => `${path} ${roles}`);
  return [...calls.values()].flatMap((each) => {
    const [first] = each;
    if (first === undefined) return [];
    const principalsOf = (option: keyof typeof PRINCIPALS): string[] => {
      const words = each.flatMap(({ who }) => (optionOf(who) === option ? [who.slice(PRINCIPALS[option].length)] : []));
      return words.length === 0 ? [] : [`--${option}`, words.join(',')];
    };
    const args = [...principalsOf('users'), ...principalsOf('groups'), ...principalsOf('tokens')];
    return [
      pvesh(`take ${first.roles} on ${first.path} away, which was of the rights ${name}`, 'set', PATH, [
        '--path',
        first.path,
        '--roles',
        first.roles,
        ...args,
        '--delete',
        '1',
      ]),
    ];
  });
}

function optionOf(who: string): keyof typeof PRINCIPALS {
  if (who.startsWith('@')) return 'groups';
  return who.includes('!') ? 'tokens' : 'users';
}

/** The ACL entries of Proxmox that a declaration stands for. */
export function rightsOf(spec: JsonObject | undefined): Right[] {
  if (spec === undefined) return [];
  const path = normalisedAclPath(String(spec['path'] ?? ''));
  const propagate = spec['propagate'] !== false;
  return Object.entries(PRINCIPALS).flatMap(([option, sign]) =>
    wordsOf(spec[option]).flatMap((who) =>
      wordsOf(spec['roles']).map((role) => ({ path, who: `${sign}${who}`, role, propagate })),
    ),
  );
}

export function keyOf({ path, who, role }: Right): string {
  return `${path} ${who} ${role}`;
}
