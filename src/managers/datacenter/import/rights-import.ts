// Imports ACL entries of a host: those on one path with the same roles share a declaration, which is named after the path.

import type { JsonObject } from '../../../model/json.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import type { Right } from '../../../proxmox/files/user-config.ts';
import type { FoundObject } from '../../importer.ts';
import { keyOf, rightsOf } from '../rights.ts';

export function writtenRights(objects: ReadonlyMap<string, Options>): Record<string, JsonObject> {
  const byPrincipal = Map.groupBy(rightsIn(objects), ({ path, who, propagate }) =>
    JSON.stringify([path, propagate, who]),
  );
  const lines = [...byPrincipal.values()].flatMap((rights) => {
    const [first] = rights;
    return first === undefined ? [] : [{ ...first, roles: rights.map(({ role }) => role).sort() }];
  });
  const entries = Map.groupBy(lines, ({ path, propagate, roles }) => JSON.stringify([path, propagate, roles]));
  const named: Record<string, JsonObject> = {};
  for (const linesOfEntry of entries.values()) {
    const [first] = linesOfEntry;
    if (first === undefined) continue;
    const { path, propagate, roles } = first;
    const of = (isOne: (who: string) => boolean) =>
      linesOfEntry.flatMap(({ who }) => (isOne(who) ? [who.replace(/^@/, '')] : [])).sort();
    const lists = {
      users: of((who) => !who.startsWith('@') && !who.includes('!')),
      groups: of((who) => who.startsWith('@')),
      tokens: of((who) => who.includes('!')),
    };
    const nonEmpty = Object.entries(lists).filter(([, words]) => words.length > 0);
    named[nameFor(path, named)] = {
      path,
      roles,
      ...Object.fromEntries(nonEmpty),
      ...(propagate ? {} : { propagate: false }),
    };
  }
  return named;
}

/** `vms-101` for `/vms/101`, with a numeric suffix where that name is taken. */
function nameFor(path: string, existing: Readonly<Record<string, unknown>>): string {
  const base =
    path === '/'
      ? 'everything'
      : path
          .slice(1)
          .replaceAll(/[^A-Za-z0-9]+/g, '-')
          .slice(0, 32);
  const places = [base, ...Array.from({ length: 999 }, (_, index) => `${base}-${index + 2}`)];
  return places.find((name) => existing[name] === undefined) ?? base;
}

export function undeclaredRights(objects: ReadonlyMap<string, Options>, specs: readonly JsonObject[]): FoundObject[] {
  const declared = new Set(specs.flatMap(rightsOf).map(keyOf));
  return rightsIn(objects)
    .filter((right) => !declared.has(keyOf(right)))
    .map(({ path, who, role }) => ({ object: `acl${path}`, name: `${who} ${role}` }));
}

function rightsIn(objects: ReadonlyMap<string, Options>): Right[] {
  return [...objects].map(([key, { propagate }]) => {
    const [path = '', who = '', role = ''] = key.split(' ');
    return { path, who, role, propagate: propagate?.[0] === '1' };
  });
}
