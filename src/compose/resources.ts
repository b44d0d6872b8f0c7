// Networks, volumes, configs and secrets of a compose file with the services that use them: Docker ignores unused ones.

import type { Document, LineCounter } from 'yaml';
import { pointer } from '../config/read/place.ts';
import type { ComposeUse, OwnResource } from './contents.ts';
import { placeOf } from './nodes.ts';
import { entriesOf, type Fields, fieldsOf, firstOf, type Keys, type Part, partsOf } from './services.ts';

export type Section = 'networks' | 'volumes' | 'configs' | 'secrets';

export interface Resource {
  readonly key: string;
  readonly at: Keys;
  readonly fields: Fields;
  readonly isExternal: boolean;
  /** Docker's name; null: derived from project and key. Without interpolation. */
  readonly name: string | null;
  readonly services: readonly string[];
}

/** Resources of one section, in file order. */
export function resourcesOf(file: Fields, section: Section): Resource[] {
  const services = fieldsOf(file['services']);
  const users = usersOf(services, section);
  const declared = fieldsOf(file[section]);
  // Services without networks use the default network, declared or not.
  const implied = section === 'networks' && !('default' in declared) ? { default: {} } : {};
  return Object.entries({ ...declared, ...implied }).map(([key, value]) => {
    const fields = fieldsOf(value);
    const { external, name } = fields;
    const isExternal = external !== undefined && external !== false && external !== 'false';
    const older = fieldsOf(external)['name'];
    const known = typeof name === 'string' ? name : typeof older === 'string' ? older : isExternal ? key : null;
    return { key, at: [section, key], fields, isExternal, name: known, services: users.get(key) ?? [] };
  });
}

export function externalOnes(
  resources: readonly Resource[],
  document: Document.Parsed,
  lines: LineCounter,
): ComposeUse[] {
  return resources
    .filter(({ isExternal }) => isExternal)
    .map(({ key, name, at, services }) => ({
      name: name ?? key,
      services,
      path: pointer(at),
      ...placeOf(document, lines, at),
    }));
}

export function ownOnes(resources: readonly Resource[]): OwnResource[] {
  return resources
    .filter(({ isExternal, services }) => !isExternal && services.length > 0)
    .map(({ key, name, services }) => ({ key, name, services }));
}

function usersOf(services: Fields, section: Section): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const name of Object.keys(services)) {
    for (const key of new Set(usedBy(partsOf(services, name), section)))
      users.set(key, [...(users.get(key) ?? []), name]);
  }
  return users;
}

function usedBy(parts: readonly Part[], section: Section): string[] {
  if (section === 'volumes') return entriesOf(parts, 'volumes').flatMap(({ value }) => volumeIn(value));
  if (section !== 'networks') {
    return entriesOf(parts, section).map(({ value }) =>
      String(typeof value === 'string' ? value : fieldsOf(value)['source']),
    );
  }
  const named = parts.flatMap(({ fields: { networks } }) =>
    Array.isArray(networks) ? networks.map(String) : Object.keys(fieldsOf(networks)),
  );
  return named.length > 0 || firstOf(parts, 'network_mode') !== null ? named : ['default'];
}

/** The named volume of a mount entry. */
export function volumeIn(value: unknown): string[] {
  if (typeof value !== 'string') {
    const { type, source } = fieldsOf(value);
    return type === 'volume' && typeof source === 'string' ? [source] : [];
  }
  const [source = '', target] = value.split(':');
  return target === undefined || /^[./~]/.test(source) ? [] : [source];
}
