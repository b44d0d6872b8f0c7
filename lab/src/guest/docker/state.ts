// The state of a guest's Docker: containers, volumes and images. It is in one file of the guest, so that it survives a restart of the lab. The
// guest's programs and its Portainer are processes of their own and change it concurrently.

import { existsSync, readFileSync } from 'node:fs';
import { replaceFile, withLock } from '../../proxmox/lock.ts';
import type { Tree } from '../../tree/tree.ts';

/** The guest's files. */
export interface Root extends Pick<Tree, 'at'> {
  /** Path of the lock that is held during a change. */
  readonly lock: string;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** Compose project; null for a container that compose did not create. */
  readonly project: string | null;
  readonly service: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
  readonly ports: readonly Port[];
  readonly env: Readonly<Record<string, string>>;
  /** Digest of the configuration that it was created with. */
  readonly configuration: string;
  running: boolean;
  /** Milliseconds since 1970. */
  started: number;
  log: string;
}

export interface Mount {
  /** Name of a volume, or a path in the guest. */
  readonly source: string;
  /** Path in the container. */
  readonly target: string;
}

export interface Port {
  readonly published: number;
  readonly target: number;
  /** Only reachable from the guest itself. */
  readonly onLoopback?: true;
}

interface Network {
  readonly name: string;
  /** Compose project, with which it is removed. */
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
  /** Absent in the state of older labs. */
  networks?: Network[];
}

const FILE = '/var/lib/docker/lab.json';
/** Timeout for the lock; a Docker command in a lab takes a few milliseconds. */
const LOCKED_MS = 30_000;
/** Exists once feature `docker` is installed. */
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
 * Changes the state under the lock. What `change` did is kept even if it fails, as a daemon keeps what it did before an error; an unchanged state is
 * not written.
 *
 * @throws Error when another process does not release the lock in time
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

/** The path in the guest of a path inside a container: in a mount, or in the container's own layer. */
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
