// A startup snapshot of Node that contains the lab's programs. Each call is a process, and loading some 140 modules is most of its cost: 50 ms of
// processor time with a snapshot, 140 ms without.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.ts';

const TOP = fileURLToPath(new URL('../../..', import.meta.url));
const CACHE = join(TOP, 'node_modules/.cache/phoenix-lab');
const BUILD = fileURLToPath(new URL('build-snapshot.ts', import.meta.url));
/** The sources of the snapshot, by which it is cached. */
const SOURCES = ['lab/src', 'src/proxmox', 'src/traefik', 'package-lock.json'];
const MAX_BUILD_MS = 60_000;

/**
 * The snapshot of the present files, built in about a second if it is not cached.
 *
 * @returns its file; undefined where it cannot be stored, such as in another user's folder: programs then start slower
 */
export function programSnapshot(): string | undefined {
  const file = join(CACHE, `${versionOfSources()}.blob`);
  if (existsSync(file)) return file;
  if (!isWritable(join(TOP, 'node_modules'))) return undefined;
  mkdirSync(CACHE, { recursive: true });
  withLock(join(CACHE, 'build.lock'), MAX_BUILD_MS, () => {
    if (!existsSync(file)) build(file);
  });
  return file;
}

function build(file: string): void {
  const { status, stderr, error } = spawnSync(process.execPath, [BUILD, file], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
    timeout: MAX_BUILD_MS,
  });
  if (status !== 0)
    throw new Error(`the snapshot of the lab's programs could not be made: ${error?.message ?? stderr}`);
  // Removes snapshots of other states of the files: a lab that was opened with one of them starts its programs slower from now on.
  for (const name of readdirSync(CACHE)) {
    if (name.endsWith('.blob') && join(CACHE, name) !== file) rmSync(join(CACHE, name), { force: true });
  }
}

/**
 * The state of the files without reading them. Of the same form as in `test/support/release.ts`: the lab's sources may import facts about
 * Proxmox and Traefik alone, and the lab exports nothing but a node and a forge (`test/import-direction.test.ts`), so neither can use the other's.
 */
function versionOfSources(): string {
  const hash = createHash('sha256').update(`${process.execPath} ${process.version}\n`);
  for (const source of SOURCES) {
    const path = join(TOP, source);
    const files = statSync(path).isDirectory() ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort() : [''];
    for (const file of files) {
      const { mtimeMs, size } = statSync(join(path, file));
      hash.update(`${source}/${file} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
