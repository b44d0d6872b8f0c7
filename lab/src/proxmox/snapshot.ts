// A startup snapshot of Node in which the lab's programs are loaded already. A call is a process, and loading some 140 modules is
// most of its cost: 50 ms of processor time with a snapshot, 140 without.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.ts';

const TOP = fileURLToPath(new URL('../../..', import.meta.url));
const CACHE = join(TOP, 'node_modules/.cache/phoenix-lab');
const BUILD = fileURLToPath(new URL('build-snapshot.ts', import.meta.url));
/** What is in a snapshot, and what decides which packages are. */
const SOURCES = ['lab/src', 'src/proxmox', 'src/traefik', 'package-lock.json'];
const MAX_BUILD_MS = 60_000;

/**
 * The snapshot of the programs as their files are now, made when there is none of them yet, in about a second.
 * @returns its file; undefined where none can be kept, as in a folder of somebody else: programs start slower then
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
  // Those of other states of the files: a lab that was opened with one of them starts its programs slower from now on.
  for (const name of readdirSync(CACHE)) {
    if (name.endsWith('.blob') && join(CACHE, name) !== file) rmSync(join(CACHE, name), { force: true });
  }
}

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
