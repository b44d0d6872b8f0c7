// What a guest's Docker holds: containers, volumes and images, in one file of the guest, so that a lab that is started again finds
// all of it as it was. The programs of the guest and its Portainer, processes of their own, change it at the same time.

import { existsSync, readFileSync } from 'node:fs';
import { replaceFile, withLock } from '../../proxmox/lock.ts';
import type { Tree } from '../../tree/tree.ts';

/** The guest's files. */
export interface Root extends Pick<Tree, 'at'> {
  /** Taken while its Docker is changed. */
  readonly lock: string;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** Of compose; null for one that was started by itself. */
  readonly project: string | null;
  readonly service: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
  readonly ports: readonly Port[];
  readonly env: Readonly<Record<string, string>>;
  /** Of everything that decides how it was started. */
  readonly configuration: string;
  running: boolean;
  /** Milliseconds since 1970. */
  started: number;
  log: string;
}

export interface Mount {
  /** A volume's name, or a path of the guest. */
  readonly source: string;
  /** Inside the container. */
  readonly target: string;
}

export interface Port {
  readonly published: number;
  readonly target: number;
  /** Reached from the guest itself alone. */
  readonly onLoopback?: true;
}

interface Network {
  readonly name: string;
  /** Of compose, which takes it away with the project. */
  readonly project: string;
}

interface Volume {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
}

export interface DockerState {
  containers: Container[];
  volumes: Volume[];
  images: string[];
  /** Labs that are older have none. */
  networks?: Network[];
}

const FILE = '/var/lib/docker/lab.json';
/** A command of Docker in a lab takes some milliseconds. */
const LOCKED_MS = 30_000;
/** There once feature `docker` was installed. */
export const PROGRAM = '/usr/bin/docker';

export function isInstalled(root: Root): boolean {
  return existsSync(root.at(PROGRAM));
}

export function readState(root: Root): DockerState {
  const file = root.at(FILE);
  if (!existsSync(file)) return { containers: [], volumes: [], images: [] };
  return JSON.parse(readFileSync(file, 'utf8')) as DockerState;
}

/**
 * Changes it while nobody else does. What `change` did is kept also where it fails, as a daemon keeps what it did before; where nothing
 * changed, nothing is written.
 *
 * @throws Error when another process does not come to an end with it
 */
export function changeState<T>(root: Root, change: (state: DockerState) => T): T {
  const done = withLock(root.lock, LOCKED_MS, () => {
    const state = readState(root);
    const before = JSON.stringify(state);
    try {
      return change(state);
    } finally {
      if (JSON.stringify(state) !== before) replaceFile(root.at(FILE), JSON.stringify(state, null, 1));
    }
  });
  if (done === undefined) throw new Error(`${root.lock} is held for more than ${LOCKED_MS / 1000} s`);
  return done.result;
}

/** Where a path inside a container lies in the guest: in what is mounted there, or in its own layer. */
export function placeInside(state: DockerState, { id, mounts }: Container, path: string): string {
  const mount = mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  if (mount === undefined) return `/var/lib/docker/overlay2/${id}${path}`;
  return `${folderOf(state, mount.source)}${path.slice(mount.target.length)}`;
}

function folderOf(state: DockerState, source: string): string {
  if (source.startsWith('/')) return source;
  const volume = state.volumes.find(({ name }) => name === source);
  return volume?.options['device'] ?? `/var/lib/docker/volumes/${source}/_data`;
}
