// Portainer's server at the start of its container: reads its flags, opens its database and creates its administrator.

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../../proxmox/lock.ts';
import { type Container, type DockerState, placeInside, type Root } from './state.ts';

const SERVER_IMAGE = /(^|\/)portainer\/portainer(-ce|-ee)?(:|@|$)/;
const AGENT_IMAGE = /(^|\/)portainer\/agent(:|@|$)/;
/** The version of tags such as `latest`. */
const NEWEST = '2.43.0';
const DATA = '/data/portainer.lab.json';

export interface Database {
  readonly instance: string;
  users: { id: number; name: string; password: string; role: number }[];
  keys: { id: number; user: number; description: string; digest: string; prefix: string; created: number }[];
  endpoints: EndpointEntry[];
  stacks: StackEntry[];
  /** Signs the sessions. */
  readonly secret: string;
  next: number;
}

export interface EndpointEntry {
  readonly Id: number;
  Name: string;
  URL: string;
  readonly Type: number;
  Status: number;
  PublicURL: string;
  GroupId: number;
  TLSConfig: { TLS: boolean; TLSSkipVerify: boolean };
}

export interface StackEntry {
  readonly Id: number;
  readonly Name: string;
  readonly Type: 2;
  EndpointId: number;
  Status: number;
  Env: { name: string; value: string }[];
  readonly CreationDate: number;
  UpdateDate: number;
  DeploymentStatus?: { Status: number; Message?: string; Time: number }[];
  file: string;
  /** A deployment in the background, which is finished at the next request after `until` at the latest. */
  pending?: {
    readonly prune: boolean;
    readonly until: number;
    /** The running containers are removed first, since the previous deployment failed. */
    readonly undeploy?: boolean;
    /** Restored when the deployment fails. */
    readonly fileBefore?: string;
  };
}

export function isServer({ image }: Container): boolean {
  return SERVER_IMAGE.test(image);
}

export function isAgent({ image }: Container): boolean {
  return AGENT_IMAGE.test(image);
}

/** The version as a comparable number. */
export function versionOf({ image }: Container): string {
  const tag = /:(\d+\.\d+\.\d+)/.exec(image)?.[1];
  return tag ?? NEWEST;
}

export function isAtLeast(version: string, other: string): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  const [c = 0, d = 0] = other.split('.').map(Number);
  return a > c || (a === c && b >= d);
}

/** Known flags, and whether each takes a value. */
const FLAGS: Readonly<Record<string, boolean>> = {
  '-H': true,
  '--host': true,
  '--sslcert': true,
  '--sslkey': true,
  '--admin-password-file': true,
  '--http-disabled': false,
};

/** Copies of the files that were read at the start, by flag: a renewed certificate needs a restart. */
export const TLS_COPIES = { '--sslcert': '/run/lab/tls.crt', '--sslkey': '/run/lab/tls.key' } as const;

export function startPortainer(root: Root, state: DockerState, container: Container): void {
  if (!isServer(container)) return;
  const fault = launch(root, state, container);
  if (fault === null) return;
  container.running = false;
  container.log += `${fault}\n`;
}

/** The error at start; null on success. */
function launch(root: Root, state: DockerState, container: Container): string | null {
  const given = flagsOf(container);
  if (typeof given === 'string') return given;
  const textAt = (path: string): string | null => {
    const file = root.at(placeInside(state, container, path));
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  };
  for (const [flag, copy] of Object.entries(TLS_COPIES)) {
    const path = given.get(flag);
    const text = path === undefined ? undefined : textAt(path);
    if (text === null) return `FTL failed initializing https server | error="open ${path}: no such file or directory"`;
    if (text !== undefined) replaceFile(root.at(placeInside(state, container, copy)), text);
  }
  const database = readDatabase(root, state, container) ?? fresh();
  const passwordFile = given.get('--admin-password-file');
  if (passwordFile !== undefined && database.users.length === 0) {
    const password = textAt(passwordFile)?.replace(/[\r\n]+$/, '');
    if (password === undefined)
      return `FTL failed getting admin password file | error="open ${passwordFile}: no such file"`;
    database.users.push({ id: 1, name: 'admin', password: hashOf(password), role: 1 });
  }
  if (database.users.length === 0 && isAtLeast(versionOf(container), '2.43.0')) {
    container.log += `INF no administrator yet | setup_token=${randomBytes(32).toString('hex')}\n`;
  }
  container.log += `INF starting Portainer | version=${versionOf(container)}\n`;
  writeDatabase(root, state, container, database);
  return null;
}

/** The flags, or the program's error. */
export function flagsOf({ command }: Container): ReadonlyMap<string, string> | string {
  const given = new Map<string, string>();
  for (let index = 0; index < command.length; index += 1) {
    const [name = '', inline] = (command[index] ?? '').split(/=(.*)/s);
    const takesValue = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    if (takesValue === undefined) return `portainer: error: unknown flag '${name}', try --help`;
    if (given.has(name) && name !== '-H') return `portainer: error: flag '${name}' cannot be repeated, try --help`;
    if (takesValue && inline === undefined) index += 1;
    given.set(name, takesValue ? (inline ?? command[index] ?? '') : '');
  }
  return given;
}

export function setupTokenOf({ log }: Container): string | null {
  return [...log.matchAll(/setup_token=([0-9a-f]{64})/g)].at(-1)?.[1] ?? null;
}

function fresh(): Database {
  const secret = randomBytes(32).toString('hex');
  return { instance: randomUUID(), users: [], keys: [], endpoints: [], stacks: [], secret, next: 1 };
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The database; null before the first start. */
export function readDatabase(root: Root, state: DockerState, container: Container): Database | null {
  const file = root.at(placeInside(state, container, DATA));
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Database) : null;
}

export function writeDatabase(root: Root, state: DockerState, container: Container, database: Database): void {
  replaceFile(root.at(placeInside(state, container, DATA)), JSON.stringify(database, null, 1));
}
