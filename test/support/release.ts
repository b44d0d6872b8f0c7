// The present state of the files as a release contains it: processes that tests start run it, as at a user's, and start three times as fast as
// the sources do.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(TOP, 'node_modules/.cache/phoenix-release');
const SOURCES = ['src', 'etc', 'deploy', 'scripts/package', 'package.json', 'package-lock.json', 'CHANGELOG.md'];

let folder: string | undefined;

/** Builds it once, before the workers of a test run need it all together. */
export function setup(): void {
  releaseFolder();
}

/** Folder of the release, built in two seconds unless it is cached. */
export function releaseFolder(): string {
  folder ??= cached();
  return folder;
}

/** The program of the release. */
export function releaseMain(): string {
  return join(releaseFolder(), 'dist/main.js');
}

function cached(): string {
  const version = versionOfSources();
  const built = join(CACHE, version);
  if (existsSync(built)) return built;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = join(CACHE, `${version}.${process.pid}`);
  const { status, stderr } = spawnSync(process.execPath, [join(TOP, 'scripts/package/build.mjs'), unfinished], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the release could not be built: ${stderr}`);
  try {
    renameSync(unfinished, built);
  } catch (error) {
    // Another run built the same meanwhile.
    if (!existsSync(built)) throw error;
    rmSync(unfinished, { recursive: true });
  }
  for (const name of readdirSync(CACHE)) {
    if (!name.startsWith(version)) rmSync(join(CACHE, name), { recursive: true, force: true });
  }
  return built;
}

/**
 * The state of the files without reading them. The lab has the same for its snapshot (`lab/src/proxmox/snapshot.ts`): it is a package that may
 * import neither tests nor scripts, and that exports nothing but a node and a forge.
 */
function versionOfSources(): string {
  const hash = createHash('sha256').update(`${process.version}\n`);
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
