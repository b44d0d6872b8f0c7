// External requirements of a compose file. Covers every field of the Compose Specification that references a file or folder (compose-go,
// paths/resolve.go, and docker/compose, pkg/compose/create.go for seccomp), and features that need a swarm, a builder or another program.

import type { Document, LineCounter } from 'yaml';
import { pointer } from '../config/read/place.ts';
import type { ComposeNeed, NeedKind } from './contents.ts';
import { placeOf } from './nodes.ts';
import { type Resource, resourcesOf, type Section } from './resources.ts';
import { entriesOf, type Fields, fieldsOf, firstOf, type Keys, type Part, partsOf } from './services.ts';
import { undefinedIn } from './undefined-references.ts';

interface Need {
  readonly what: NeedKind;
  readonly name: string;
  readonly at: Keys;
}

export function needsOf(file: Fields, document: Document.Parsed, lines: LineCounter): ComposeNeed[] {
  const services = fieldsOf(file['services']);
  const all = [
    ...includes(file).map((need) => ({ ...need, services: [] })),
    ...Object.keys(services).flatMap((name) =>
      ofService(partsOf(services, name)).map((need) => ({ ...need, services: [name] })),
    ),
    ...(['volumes', 'configs', 'secrets'] as const).flatMap((section) =>
      resourcesOf(file, section).flatMap((each) =>
        each.services.length === 0
          ? []
          : ofResource(section, each).map((need) => ({ ...need, services: each.services })),
      ),
    ),
    ...Object.keys(fieldsOf(file['models'])).map((name) => ({
      what: 'models' as const,
      name,
      at: ['models', name],
      services: [],
    })),
  ];
  const undefinedOnes = undefinedIn(file).map(({ service, name, at }) => ({
    what: 'undefined' as const,
    name,
    at,
    services: [service],
  }));
  return [...all, ...undefinedOnes].map(({ at, ...need }) => ({
    ...need,
    path: pointer(at),
    ...placeOf(document, lines, at),
  }));
}

function includes({ include }: Fields): Need[] {
  if (!Array.isArray(include)) return [];
  return include.map((entry: unknown, index) => {
    const path = typeof entry === 'string' ? entry : fieldsOf(entry)['path'];
    const name = Array.isArray(path) ? path.join(', ') : String(path);
    return { what: 'include', name, at: ['include', String(index)] };
  });
}

function ofService(parts: readonly Part[]): Need[] {
  const secure = entriesOf(parts, 'security_opt').flatMap(({ value, at }): Need[] => {
    const [, name] = /^seccomp[:=](.+)$/.exec(String(value)) ?? [];
    return name === undefined || ['unconfined', 'builtin'].includes(name) ? [] : [{ what: 'seccomp', name, at }];
  });
  const provider = firstOf(parts, 'provider');
  const credentials = firstOf(parts, 'credential_spec');
  return [
    ...extended(parts),
    ...built(parts),
    ...files(parts, 'env_file'),
    ...files(parts, 'label_file'),
    ...entriesOf(parts, 'volumes').flatMap(({ value, at }) => mounted(value, at)),
    ...secure,
    ...(provider === null
      ? []
      : [{ what: 'provider' as const, name: String(fieldsOf(provider.value)['type']), at: provider.at }]),
    ...(credentials === null ? [] : [{ what: 'ignored' as const, name: 'credential_spec', at: credentials.at }]),
  ];
}

/** Requirements of all parts, and of a service extended from another file. */
function extended(parts: readonly Part[]): Need[] {
  return parts.flatMap(({ keys, fields }): Need[] => {
    const { file } = fieldsOf(fields['extends']);
    return typeof file === 'string' ? [{ what: 'extends', name: file, at: [...keys, 'extends'] }] : [];
  });
}

/** Remote build contexts are fetched, and an inline Dockerfile without COPY needs no files. */
function built(parts: readonly Part[]): Need[] {
  const found = firstOf(parts, 'build');
  if (found === null) return [];
  const { context = '.', dockerfile_inline: inline } =
    typeof found.value === 'string' ? { context: found.value } : fieldsOf(found.value);
  const name = String(context);
  if (/^(https?|git|ssh):\/\/|^git@|^github\.com\//.test(name)) return [];
  if (typeof inline === 'string' && !/^\s*(COPY|ADD)\s+(?!--from=|https?:)/im.test(inline)) return [];
  return [{ what: 'build', name, at: found.at }];
}

function files(parts: readonly Part[], field: 'env_file' | 'label_file'): Need[] {
  return parts.flatMap(({ keys, fields }): Need[] => {
    const value = fields[field];
    const list: unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
    return list.map((each, index) => {
      const { path, required = true } = typeof each === 'string' ? { path: each } : fieldsOf(each);
      const isOptional = required === false || required === 'false';
      const what = isOptional ? 'optional_env_file' : field;
      const at = Array.isArray(value) ? [...keys, field, String(index)] : [...keys, field];
      return { what, name: String(path), at };
    });
  });
}

/** Only sources that may not exist on the VM. */
function mounted(value: unknown, at: Keys): Need[] {
  if (typeof value === 'string') {
    const source = sourceOf(value);
    return source !== null && /^[.~]|\$/.test(source) ? [{ what: 'bind', name: source, at }] : [];
  }
  const { type, source } = fieldsOf(value);
  return type === 'bind' && typeof source === 'string' && !source.startsWith('/')
    ? [{ what: 'path', name: source, at }]
    : [];
}

/** The source before the first colon outside a variable; null for a container path only. */
function sourceOf(text: string): string | null {
  const [, source] = /^((?:\$\{(?:[^{}]|\{[^{}]*\})*\}|[^:$]|\$)+):/.exec(text) ?? [];
  return source ?? null;
}

function ofResource(section: Section, { at, fields, isExternal, key }: Resource): Need[] {
  if (section === 'volumes') {
    const { device, o = '' } = fieldsOf(fields['driver_opts']);
    const isBind = /(^|,)r?bind(,|$)/.test(String(o));
    if (!isBind || typeof device !== 'string' || device.startsWith('/')) return [];
    return [{ what: 'path', name: device, at: [...at, 'driver_opts', 'device'] }];
  }
  const beyond = ['driver', 'template_driver'].find((field) => fields[field] !== undefined);
  if (isExternal || beyond !== undefined)
    return [{ what: 'swarm', name: key, at: beyond === undefined ? at : [...at, beyond] }];
  const { file } = fields;
  return typeof file === 'string' && !file.startsWith('/') ? [{ what: 'path', name: file, at: [...at, 'file'] }] : [];
}

/** Variables used by configs and secrets: Docker Compose rejects missing ones. */
export function wantedVariables(file: Fields): { readonly name: string; readonly at: Keys }[] {
  return (['configs', 'secrets'] as const).flatMap((section) =>
    resourcesOf(file, section).flatMap(({ fields: { environment }, services, at }) =>
      typeof environment === 'string' && services.length > 0 ? [{ name: environment, at: [...at, 'environment'] }] : [],
    ),
  );
}
