// Compose projects of a guest: a file with its variables becomes containers; only those whose part changed are made anew.

import { parseYaml } from '../../yaml.ts';
import { configurationOf, createContainer, remove, start, type Wish } from './containers.ts';
import { parseVariables } from './dotenv.ts';
import { DockerRefusal } from './refusal.ts';
import type { DockerState, Mount, Port, Root } from './state.ts';

interface File {
  readonly services?: Readonly<Record<string, Service | null>>;
  readonly volumes?: Readonly<Record<string, { readonly external?: boolean; readonly name?: string } | null>>;
}

interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly container_name?: string;
  readonly command?: string | readonly string[];
  readonly labels?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly (string | number)[];
  readonly environment?: readonly string[] | Readonly<Record<string, unknown>>;
}

/** @param removeOrphans containers of services that are no longer in the file go */
export function composeUp(
  root: Root,
  state: DockerState,
  project: string,
  text: string,
  variables: Readonly<Record<string, string>>,
  removeOrphans: boolean,
): void {
  const file = read(text, variables);
  const volumes = volumesOf(file, project, state);
  const wishes = Object.entries(file.services ?? {}).map(([name, service]) => wishOf(project, name, service, volumes));
  if (wishes.length === 0) throw new DockerRefusal('no service selected');
  for (const wish of wishes) {
    const present = state.containers.find((each) => each.project === project && each.service === wish.service);
    if (present?.configuration === configurationOf(wish)) {
      if (!present.running) start(root, state, present);
      continue;
    }
    if (present !== undefined) remove(state, present);
    createContainer(root, state, wish);
  }
  if (!removeOrphans) return;
  for (const each of projectOf(state, project)) {
    if (!wishes.some(({ service }) => service === each.service)) remove(state, each);
  }
}

export function composeDown(state: DockerState, project: string): void {
  for (const each of projectOf(state, project)) remove(state, each);
}

export function projectOf(state: DockerState, project: string) {
  return state.containers.filter((each) => each.project === project);
}

function read(text: string, variables: Readonly<Record<string, string>>): File {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new DockerRefusal(`yaml: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`, 15);
  }
  if (typeof value !== 'object' || value === null) throw new DockerRefusal('empty compose file', 14);
  return interpolated(value, variables) as File;
}

/** Of a file of variables. */
export function variablesIn(text: string): Record<string, string> {
  try {
    return parseVariables(text, (value, variables) => String(interpolated(value, variables)));
  } catch (error) {
    throw new DockerRefusal(`failed to read env file: ${error instanceof Error ? error.message : String(error)}`, 15);
  }
}

function interpolated(value: unknown, variables: Readonly<Record<string, string>>): unknown {
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

/** Docker's name of each volume of the file. */
function volumesOf({ volumes = {} }: File, project: string, state: DockerState): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(volumes).map(([key, volume]) => {
      const name = volume?.name ?? (volume?.external ? key : `${project}_${key}`);
      if (volume?.external && !state.volumes.some((each) => each.name === name)) {
        throw new DockerRefusal(`external volume "${name}" not found`);
      }
      return [key, name];
    }),
  );
}

function wishOf(project: string, name: string, service: Service | null, volumes: ReadonlyMap<string, string>): Wish {
  const { image, command = [], container_name: own } = service ?? {};
  if (image === undefined) {
    throw new DockerRefusal(
      `service "${name}" has neither an image nor a build context specified: invalid compose project`,
      15,
    );
  }
  return {
    name: own ?? `${project}-${name}-1`,
    image,
    project,
    service: name,
    labels: { ...pairs(service?.labels), 'com.docker.compose.project': project, 'com.docker.compose.service': name },
    command: typeof command === 'string' ? command.split(/\s+/).filter((word) => word !== '') : command,
    mounts: (service?.volumes ?? []).map((each) => mountOf(each, name, volumes)),
    ports: (service?.ports ?? []).flatMap((each) => portOf(String(each))),
    env: pairs(service?.environment),
  };
}

function pairs(value: Service['labels']): Record<string, string> {
  const entries = Array.isArray(value)
    ? value.map((each: string): [string, string] => {
        const at = `${each}=`.indexOf('=');
        return [each.slice(0, at), each.slice(at + 1)];
      })
    : Object.entries(value ?? {}).map(([key, each]): [string, string] => [key, String(each ?? '')]);
  return Object.fromEntries(entries);
}

function mountOf(text: string, service: string, volumes: ReadonlyMap<string, string>): Mount {
  const [source = '', target = ''] = text.split(':');
  if (source.startsWith('/')) return { source, target };
  const volume = volumes.get(source);
  if (volume === undefined) {
    throw new DockerRefusal(`service "${service}" refers to undefined volume ${source}: invalid compose project`, 15);
  }
  return { source: volume, target };
}

export function portOf(text: string): Port[] {
  const [, published, target] = /^(?:[\d.]+:)?(\d+):(\d+)(?:\/tcp)?$/.exec(text) ?? [];
  if (published !== undefined) return [{ published: Number(published), target: Number(target) }];
  if (/^\d+(\/\w+)?$/.test(text) || text.endsWith('/udp')) return [];
  throw new DockerRefusal(`invalid containerPort: ${text}`, 15);
}
