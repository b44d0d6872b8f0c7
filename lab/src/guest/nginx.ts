// `nginx` of a guest: `-v`, `-t` and `-s reload`. The configuration that it loaded last is stored apart from its files, as the worker processes keep
// it.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GuestProgram, Inside } from '../proxmox/guest/place.ts';
import { insidePath } from '../proxmox/guest/place.ts';
import { pathOf, running } from '../proxmox/node.ts';
import { failed, ok } from '../tree/tree.ts';
import { type Directive, parseNginx } from './nginx-syntax.ts';
import { stateOf } from './units.ts';

const FOLDER = '/etc/nginx';

type Where = Pick<Inside, 'node' | 'id'>;

export const nginx: GuestProgram = (inside, words) => {
  if (stateOf(inside, 'nginx') === undefined) return failed('sh: nginx: not found', 127);
  if (words[0] === '-v') return { ...ok(), stderr: 'nginx version: nginx/1.26.3\n' };
  if (words[0] === '-s' && words[1] === 'reload') {
    const complaint = loadNginx(inside);
    return complaint === null ? ok() : failed(complaint);
  }
  if (words[0] !== '-t') return failed(`nginx: invalid option: "${words[0] ?? ''}"`);
  const at = words.indexOf('-c');
  const complaint = complaintOf(inside, at < 0 ? `${FOLDER}/nginx.conf` : (words[at + 1] ?? ''));
  return complaint === null ? ok() : failed(`nginx: [emerg] ${complaint}\nnginx: configuration file test failed`);
};

/** Loads the files. Returns the error, and keeps the loaded configuration, if they are invalid; null on success. */
export function loadNginx(where: Where): string | null {
  const complaint = complaintOf(where, `${FOLDER}/nginx.conf`);
  if (complaint !== null) return complaint;
  const loaded = loadedPath(where);
  rmSync(loaded, { recursive: true, force: true });
  mkdirSync(dirname(loaded), { recursive: true });
  cpSync(insidePath(where.node, where.id, FOLDER), join(loaded, 'files'), { recursive: true });
  writeFileSync(join(loaded, 'boot'), running(where.node, where.id)?.boot ?? '');
  return null;
}

const loadedPath = ({ node, id }: Where): string => pathOf(node, `run/lab/nginx/${id}`);

/** The configuration in use: the one loaded since the guest started, else its present files; empty if those are invalid. */
export function servedBy(where: Where): readonly Directive[] {
  const boot = join(loadedPath(where), 'boot');
  const isLoaded = existsSync(boot) && readFileSync(boot, 'utf8') === (running(where.node, where.id)?.boot ?? '');
  const folder = isLoaded ? join(loadedPath(where), 'files') : insidePath(where.node, where.id, FOLDER);
  const read = readWhole(where, (path) => join(folder, path.slice(FOLDER.length)), `${FOLDER}/nginx.conf`);
  return typeof read === 'string' ? [] : read;
}

function complaintOf(where: Where, main: string): string | null {
  const read = readWhole(where, (path) => insidePath(where.node, where.id, path), main);
  return typeof read === 'string' ? read : null;
}

/** Reads and checks the whole configuration with its included files; a string is the error. */
function readWhole({ node, id }: Where, at: (path: string) => string, main: string): readonly Directive[] | string {
  try {
    return parseNginx(main, {
      read(path) {
        if (!existsSync(at(path))) throw new Error(`open() "${path}" failed (2: No such file or directory)`);
        return readFileSync(at(path), 'utf8');
      },
      list: (folder) => (existsSync(at(folder)) ? readdirSync(at(folder)).sort() : []),
      has: (path) => existsSync(insidePath(node, id, path)),
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
