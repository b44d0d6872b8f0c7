// Finds references of services that the file does not define: Docker Compose rejects such a file (compose-go, loader/validate.go).

import { type Section, volumeIn } from './resources.ts';
import { entriesOf, type Fields, fieldsOf, firstOf, type Keys, type Part, partsOf } from './services.ts';

/** One reference; `name` describes what is missing. */
export interface Undefined {
  readonly service: string;
  readonly name: string;
  readonly at: Keys;
}

export function undefinedIn(file: Fields): Undefined[] {
  const services = fieldsOf(file['services']);
  return Object.keys(services).flatMap((service) => {
    const parts = partsOf(services, service);
    const missing = [
      ...mentions(parts).filter(({ section, name }) => !(name in fieldsOf(file[section]))),
      ...otherServices(parts).filter(({ name }) => !(name in services)),
    ];
    const told = missing
      // Names with variables are unknown; the default network needs no definition.
      .filter(({ name, what }) => !name.includes('$') && !(what === 'network' && name === 'default'))
      .map(({ what, name, at }) => ({ service, name: `${what} "${name}"`, at }));
    return isRunnable(parts) ? told : [...told, { service, name: 'an image', at: ['services', service] }];
  });
}

interface Mention {
  readonly what: string;
  readonly section: Section | 'models';
  readonly name: string;
  readonly at: Keys;
}

function mentions(parts: readonly Part[]): Mention[] {
  const listed = (['configs', 'secrets'] as const).flatMap((section) =>
    entriesOf(parts, section).map(({ value, at }) => ({
      what: section.slice(0, -1),
      section,
      name: String(typeof value === 'string' ? value : fieldsOf(value)['source']),
      at,
    })),
  );
  const volumes = entriesOf(parts, 'volumes').flatMap(({ value, at }) =>
    volumeIn(value).map((name) => ({ what: 'volume', section: 'volumes' as const, name, at })),
  );
  const keyed = (['networks', 'models'] as const).flatMap((section) =>
    namesIn(parts, section).map(({ name, at }) => ({ what: section.slice(0, -1), section, name, at })),
  );
  return [...listed, ...volumes, ...keyed];
}

function otherServices(parts: readonly Part[]): Omit<Mention, 'section'>[] {
  const awaited = namesIn(parts, 'depends_on').map((each) => ({ what: 'service', ...each }));
  const mode = firstOf(parts, 'network_mode');
  const [, shared] = /^service:(.+)$/.exec(String(mode?.value ?? '')) ?? [];
  const extended = parts.flatMap(({ keys, fields: { extends: written } }) => {
    const { service, file } = typeof written === 'string' ? { service: written } : fieldsOf(written);
    const at = [...keys, 'extends'];
    return typeof service === 'string' && file === undefined ? [{ what: 'service', name: service, at }] : [];
  });
  return [
    ...awaited,
    ...(shared === undefined || mode === null ? [] : [{ what: 'service', name: shared, at: mode.at }]),
    ...extended,
  ];
}

/** Names from a list or from the keys of a map. */
function namesIn(parts: readonly Part[], field: string): { readonly name: string; readonly at: Keys }[] {
  return parts.flatMap(({ keys, fields }) => {
    const value = fields[field];
    if (Array.isArray(value)) {
      return value.map((name: unknown, index) => ({ name: String(name), at: [...keys, field, String(index)] }));
    }
    return Object.keys(fieldsOf(value)).map((name) => ({ name, at: [...keys, field, name] }));
  });
}

/** A service extended from another file may inherit its image. */
function isRunnable(parts: readonly Part[]): boolean {
  const extendsFile = parts.some(({ fields }) => fieldsOf(fields['extends'])['file'] !== undefined);
  return extendsFile || ['image', 'build', 'provider'].some((field) => firstOf(parts, field) !== null);
}
