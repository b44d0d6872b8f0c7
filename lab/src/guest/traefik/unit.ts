// Traefik as a systemd unit of a guest: it reads its static file once at start, and its dynamic files whenever they change. What it read last is
// stored apart from the files, as the process keeps it, and so is its journal.

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Inside, insidePath } from '../../proxmox/guest/place.ts';
import { running as guestRunning, pathOf } from '../../proxmox/node.ts';
import { stateOf } from '../units.ts';
import { type Dynamic, NOTHING, readDynamic } from './dynamic.ts';
import { readStatic, type Static } from './static.ts';

export type Where = Pick<Inside, 'node' | 'id'>;

export interface Running {
  readonly config: Static;
  readonly dynamic: Dynamic;
}

/** The path in its unit file. */
const FILE = '/etc/traefik/traefik.yml';

interface Kept {
  /** The boot of the guest in which it was started. */
  readonly boot: string;
  /** The static file as it was read; null: there was none. */
  readonly text: string | null;
  readonly dynamic: Dynamic;
}

/** Restarts it. Returns null if it runs, else its error; a unit of type simple counts as started either way. */
export function startTraefik(where: Where): string | null {
  const file = insidePath(where.node, where.id, FILE);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : null;
  const config = readStatic(FILE, text);
  if (typeof config === 'string') {
    rmSync(keptPath(where), { force: true });
    return say(where, 'Command error', `command traefik error: ${config}`);
  }
  const read = config.folder === null ? NOTHING : dynamicNow(where, config.folder);
  if (typeof read === 'string') say(where, 'Error while building configuration (for the first time)', read);
  keep(where, { boot: bootOf(where), text, dynamic: typeof read === 'string' ? NOTHING : read });
  return null;
}

/** Null: it does not run. */
export function runningTraefik(where: Where): Running | null {
  if (stateOf(where, 'traefik')?.active !== true) return null;
  const known = readKept(where);
  // It starts with the guest.
  if (known?.boot !== bootOf(where) && startTraefik(where) !== null) return null;
  const kept = readKept(where);
  const config = kept === null ? null : readStatic(FILE, kept.text);
  if (kept === null || config === null || typeof config === 'string') return null;
  if (config.folder === null) return { config, dynamic: NOTHING };
  const read = dynamicNow(where, config.folder);
  if (typeof read === 'string') {
    say(where, 'Error occurred during watcher callback', read);
    return { config, dynamic: kept.dynamic };
  }
  if (JSON.stringify(read) !== JSON.stringify(kept.dynamic)) keep(where, { ...kept, dynamic: read });
  return { config, dynamic: read };
}

/** Its journal since the guest was created. */
export function traefikJournal(where: Where): string {
  const file = join(folderOf(where), 'journal');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function dynamicNow({ node, id }: Where, folder: string): Dynamic | string {
  return readDynamic(folder, (path) => insidePath(node, id, path));
}

function say(where: Where, message: string, error: string): string {
  const line = `ERR ${message} error=${JSON.stringify(error)}`;
  mkdirSync(folderOf(where), { recursive: true });
  if (!traefikJournal(where).endsWith(`${line}\n`)) appendFileSync(join(folderOf(where), 'journal'), `${line}\n`);
  return line;
}

const folderOf = ({ node, id }: Where): string => pathOf(node, `run/lab/traefik/${id}`);
const keptPath = (where: Where): string => join(folderOf(where), 'kept.json');
const bootOf = ({ node, id }: Where): string => guestRunning(node, id)?.boot ?? '';

function readKept(where: Where): Kept | null {
  const file = keptPath(where);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : null;
}

function keep(where: Where, kept: Kept): void {
  mkdirSync(folderOf(where), { recursive: true });
  writeFileSync(keptPath(where), JSON.stringify(kept));
}
