// Traefik as a unit of a guest: started, it reads its static file once and its dynamic files whenever they change. What it took over
// last is kept apart from the files, as the process would have it, and so are its last words.

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

/** As its unit names it. */
const FILE = '/etc/traefik/traefik.yml';

interface Kept {
  /** The start of the guest that it belongs to. */
  readonly boot: string;
  /** The static file as it was; null: there was none. */
  readonly text: string | null;
  readonly dynamic: Dynamic;
}

/** Starts it anew. Null: it runs; else its words. A simple unit counts as started all the same. */
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

/** Null: it does not run there. */
export function runningTraefik(where: Where): Running | null {
  if (stateOf(where, 'traefik')?.active !== true) return null;
  const known = readKept(where);
  // With the guest it starts by itself.
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

/** What it said since its guest was made. */
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
