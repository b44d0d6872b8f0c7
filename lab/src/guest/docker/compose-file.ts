// Reads a compose file: interpolates variables, resolves `extends`, and selects the services that start.

import { parseYaml, printYaml } from '../../yaml.ts';
import { parseVariables } from './dotenv.ts';
import type { LongPort } from './ports.ts';
import { DockerRefusal } from './refusal.ts';

export type Variables = Readonly<Record<string, string>>;
type Pairs = readonly string[] | Readonly<Record<string, unknown>>;
type Named<T> = Readonly<Record<string, T | null>>;

export interface File {
  readonly include?: readonly unknown[];
  readonly services?: Named<Service>;
  readonly volumes?: Named<Shared>;
  readonly networks?: Named<Shared>;
  readonly configs?: Named<Shared & { readonly file?: string }>;
  readonly secrets?: Named<Shared & { readonly file?: string }>;
}

interface Shared {
  readonly external?: boolean;
  readonly name?: string;
}

export interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly extends?: string | { readonly service: string; readonly file?: string };
  readonly profiles?: readonly string[];
  readonly container_name?: string;
  readonly command?: string | readonly string[];
  readonly labels?: Pairs;
  readonly volumes?: readonly (string | { readonly type: string; readonly source?: string; readonly target: string })[];
  readonly ports?: readonly (string | number | LongPort)[];
  readonly environment?: Pairs;
  readonly env_file?: EnvFile | readonly EnvFile[];
  readonly networks?: readonly string[] | Named<unknown>;
  readonly network_mode?: string;
  readonly configs?: readonly (string | { readonly source: string })[];
  readonly secrets?: readonly (string | { readonly source: string })[];
}

export type EnvFile = string | { readonly path: string; readonly required?: boolean };

/** @throws DockerRefusal with compose's message */
export function readFile(text: string, variables: Variables, folder: string): File {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new DockerRefusal(`yaml: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`, 15);
  }
  if (typeof value !== 'object' || value === null) throw new DockerRefusal('empty compose file', 14);
  const file = interpolated(value, variables) as File;
  const [included] = file.include ?? [];
  if (included !== undefined) {
    const { path = included } = typeof included === 'object' ? (included as { path?: unknown }) : {};
    throw new DockerRefusal(`open ${folder}/${String(path)}: no such file or directory`, 14);
  }
  const services = Object.keys(file.services ?? {}).map((name) => [name, extendedOf(file, name, folder)] as const);
  return { ...file, services: Object.fromEntries(services) };
}

/** Several files as compose adds them up, as far as the lab is given any. */
export function mergedText(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  if (others.length === 0) return first;
  const files = texts.map((text) => parseYaml(text) as File);
  const services: Record<string, Service> = {};
  for (const [name, service] of files.flatMap((file) => Object.entries(file.services ?? {}))) {
    const before = services[name] ?? {};
    const envFiles = [before.env_file ?? [], service?.env_file ?? []].flat();
    services[name] = { ...before, ...service, ...(envFiles.length === 0 ? {} : { env_file: envFiles }) };
  }
  return printYaml({ ...files[0], services });
}

/** Names of those that are asked for by their profiles, or belong to none. */
export function startingIn({ services = {} }: File, { COMPOSE_PROFILES = '' }: Variables): string[] {
  const asked = COMPOSE_PROFILES.split(',').map((name) => name.trim());
  return Object.entries(services).flatMap(([name, service]) => {
    const { profiles = [] } = service ?? {};
    return profiles.length === 0 || asked.includes('*') || profiles.some((each) => asked.includes(each)) ? [name] : [];
  });
}

function extendedOf(file: File, name: string, folder: string): Service {
  const service = file.services?.[name] ?? {};
  const { extends: written, ...own } = service;
  if (written === undefined) return own;
  const { service: from, file: other } = typeof written === 'string' ? { service: written, file: undefined } : written;
  if (other !== undefined) throw new DockerRefusal(`open ${folder}/${other}: no such file or directory`, 14);
  if (file.services?.[from] === undefined) {
    throw new DockerRefusal(`cannot extend service "${name}" in docker-compose.yml: service "${from}" not found`, 15);
  }
  const base = extendedOf(file, from, folder);
  return {
    ...base,
    ...own,
    ports: [...(base.ports ?? []), ...(own.ports ?? [])],
    volumes: [...(base.volumes ?? []), ...(own.volumes ?? [])],
    labels: { ...pairs(base.labels), ...pairs(own.labels) },
    environment: { ...pairs(base.environment), ...pairs(own.environment) },
  };
}

/** Of a file of variables. */
export function variablesIn(text: string): Record<string, string> {
  try {
    return parseVariables(text, (value, variables) => String(interpolated(value, variables)));
  } catch (error) {
    throw new DockerRefusal(`failed to read env file: ${error instanceof Error ? error.message : String(error)}`, 15);
  }
}

function interpolated(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      /\$\$|\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?])([^}]*))?\})/g,
      (whole, plain?: string, braced?: string, operator?: string, word = '') => {
        if (whole === '$$') return '$';
        const name = plain ?? braced ?? '';
        const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
        if (given !== undefined && !(given === '' && operator?.startsWith(':'))) return given;
        if (operator?.endsWith('?')) throw new DockerRefusal(`required variable ${name} is missing a value: ${word}`);
        return operator === undefined ? '' : word;
      },
    );
  }
  if (Array.isArray(value)) return value.map((each: unknown) => interpolated(each, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolated(each, variables)]));
}

/** A name without a value has null. */
export function pairs(value: Pairs | undefined): Record<string, string | null> {
  const entries = Array.isArray(value)
    ? value.map((each: string): [string, string | null] => {
        const at = each.indexOf('=');
        return at < 0 ? [each, null] : [each.slice(0, at), each.slice(at + 1)];
      })
    : Object.entries(value ?? {}).map(([key, each]): [string, string | null] => [
        key,
        each === null ? null : String(each),
      ]);
  return Object.fromEntries(entries);
}
