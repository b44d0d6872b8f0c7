// Compose projects of a guest: a file with its variables becomes containers; only those whose part changed are recreated.

import { existsSync } from 'node:fs';
import {
  type EnvFile,
  type File,
  pairs,
  readFile,
  type Service,
  startingIn,
  type Variables,
  variablesIn,
} from './compose-file.ts';
import { configurationOf, createContainer, pull, remove, start, type Wish } from './containers.ts';
import { portsOf } from './ports.ts';
import { DockerRefusal } from './refusal.ts';
import type { DockerState, Mount, Root } from './state.ts';

/** Location of the file: in the guest, or in the container that runs compose. */
export interface ComposeFolder {
  /** Base of relative paths, also of those in the guest. */
  readonly folder: string;
  /** Reads a file where compose runs; null if it does not exist. */
  readonly textOf: (path: string) => string | null;
}

/** What `docker compose up` is given. */
interface ComposeUp {
  readonly project: string;
  /** The compose file. */
  readonly text: string;
  readonly variables: Variables;
  readonly beside: ComposeFolder;
  /** Also removes containers of services that are no longer in the file. */
  readonly removeOrphans: boolean;
}

/** Pulls all images before it creates the first container; containers that were created stay when a later one fails. */
export function composeUp(
  root: Root,
  state: DockerState,
  { project, text, variables, beside, removeOrphans }: ComposeUp,
): void {
  const file = readFile(text, variables, beside.folder);
  const names = startingIn(file, variables);
  if (names.length === 0) throw new DockerRefusal('no service selected');
  const work: Work = { root, state, project, file, variables, beside, volumes: volumesOf(file, project, state) };
  const wishes = names.map((name) => wishOf(work, name, file.services?.[name] ?? {}));
  makeNetworks(work, names);
  for (const { image } of wishes) pull(state, image);
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
    if (!Object.hasOwn(file.services ?? {}, each.service ?? '')) remove(state, each);
  }
}

/** Also removes its networks, unless containers of other projects use them. */
export function composeDown(state: DockerState, project: string): void {
  for (const each of projectOf(state, project)) remove(state, each);
  state.networks = (state.networks ?? []).filter((network) => network.project !== project);
}

export function projectOf(state: DockerState, project: string) {
  return state.containers.filter((each) => each.project === project);
}

interface Work {
  readonly root: Root;
  readonly state: DockerState;
  readonly project: string;
  readonly file: File;
  readonly variables: Variables;
  readonly beside: ComposeFolder;
  readonly volumes: ReadonlyMap<string, string>;
}

/** Docker's names of the file's volumes. */
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

/** Creates the networks that the services use (docker/compose, pkg/compose/create.go, resolveExternalNetwork). */
function makeNetworks({ file, state, project }: Work, names: readonly string[]): void {
  const used = new Set(names.flatMap((name) => networksOf(file.services?.[name] ?? {})));
  for (const key of used) {
    const declared = file.networks?.[key];
    if (declared === undefined && key !== 'default') {
      throw new DockerRefusal(`service refers to undefined network ${key}: invalid compose project`, 15);
    }
    const name = declared?.name ?? (declared?.external ? key : `${project}_${key}`);
    const isThere =
      ['bridge', 'host', 'none'].includes(name) || (state.networks ?? []).some((each) => each.name === name);
    if (declared?.external && !isThere)
      throw new DockerRefusal(`network ${name} declared as external, but could not be found`);
    if (!isThere) state.networks = [...(state.networks ?? []), { name, project }];
  }
}

function networksOf({ networks, network_mode: mode }: Service): string[] {
  if (mode !== undefined) return [];
  const names = Array.isArray(networks) ? networks.map(String) : Object.keys(networks ?? {});
  return names.length === 0 ? ['default'] : names;
}

function wishOf(work: Work, name: string, service: Service): Wish {
  const { project } = work;
  const { image, build, command = [], container_name: own } = service;
  if (build !== undefined) {
    throw new DockerRefusal(
      'compose build operation failed: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory',
    );
  }
  if (image === undefined) {
    throw new DockerRefusal(
      `service "${name}" has neither an image nor a build context specified: invalid compose project`,
      15,
    );
  }
  const labels = pairs(service.labels);
  return {
    name: own ?? `${project}-${name}-1`,
    image,
    project,
    service: name,
    labels: {
      ...Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, value ?? ''])),
      'com.docker.compose.project': project,
      'com.docker.compose.service': name,
    },
    command: typeof command === 'string' ? command.split(/\s+/).filter((word) => word !== '') : command,
    mounts: [
      ...(service.volumes ?? []).map((each) => mountOf(work, each, name)),
      ...filesOf(work, service, 'configs', '/'),
      ...filesOf(work, service, 'secrets', '/run/secrets/'),
    ],
    ports: service.network_mode === 'host' ? [] : (service.ports ?? []).flatMap(portsOf),
    env: environmentOf(work, service),
  };
}

/** The variables of its `env_file`s, then its own; a name without value takes the value of the variable, if there is one. */
function environmentOf(
  { variables, beside }: Work,
  { env_file: written, environment }: Service,
): Record<string, string> {
  const files = Array.isArray(written) ? (written as EnvFile[]) : written === undefined ? [] : [written as EnvFile];
  const own = Object.entries(pairs(environment)).flatMap(([key, value]): [string, string][] => {
    const given = value ?? variables[key];
    return given === undefined ? [] : [[key, given]];
  });
  return Object.assign({}, ...files.map((each) => valuesIn(each, beside)), Object.fromEntries(own));
}

function valuesIn(file: EnvFile, { folder, textOf }: ComposeFolder): Variables {
  const { path, required = true } = typeof file === 'string' ? { path: file } : file;
  const place = absolute(path, folder);
  const text = textOf(place);
  if (text === null && required) {
    throw new DockerRefusal(
      `failed to resolve services environment: env file ${place} not found: stat ${place}: no such file or directory`,
    );
  }
  return text === null ? {} : variablesIn(text);
}

function mountOf({ volumes, beside }: Work, entry: NonNullable<Service['volumes']>[number], service: string): Mount {
  const [source = '', target = ''] = typeof entry === 'string' ? entry.split(':') : [entry.source ?? '', entry.target];
  const isPath = typeof entry === 'string' ? /^[./~]/.test(source) : entry.type === 'bind';
  if (isPath) return { source: absolute(source, beside.folder), target };
  const volume = volumes.get(source);
  if (volume === undefined) {
    throw new DockerRefusal(`service "${service}" refers to undefined volume ${source}: invalid compose project`, 15);
  }
  return { source: volume, target };
}

/** Mounts of files in the guest: for a missing one, the daemon does not create a folder. */
function filesOf(work: Work, service: Service, section: 'configs' | 'secrets', folder: string): Mount[] {
  return (service[section] ?? []).flatMap((each): Mount[] => {
    const name = typeof each === 'string' ? each : each.source;
    const { external, file } = work.file[section]?.[name] ?? {};
    if (external) throw new DockerRefusal(`unsupported external ${section.slice(0, -1)} ${name}`);
    if (file === undefined) return [];
    const source = absolute(file, work.beside.folder);
    if (!existsSync(work.root.at(source))) {
      throw new DockerRefusal(
        `Error response from daemon: invalid mount config for type "bind": bind source path does not exist: ${source}`,
      );
    }
    return [{ source, target: `${folder}${name}` }];
  });
}

function absolute(path: string, folder: string): string {
  if (path.startsWith('/')) return path;
  const parts = path.startsWith('~') ? ['root', ...path.split('/').slice(1)] : `${folder.slice(1)}/${path}`.split('/');
  const kept: string[] = [];
  for (const part of parts) {
    if (part === '..') kept.pop();
    else if (part !== '.' && part !== '') kept.push(part);
  }
  return `/${kept.join('/')}`;
}
