// The files of this repository's example environment, for tests that change it.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The texts of `etc/` and `stacks/` by path, without the files that Phoenix ships there. */
export function repositoryFiles(): Record<string, string> {
  const paths = ['etc', 'stacks'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((path) => `${top}/${path}`),
  );
  const written = paths.filter(
    (path) => statSync(join(ROOT, path)).isFile() && !/^etc\/(features|schemas)\//.test(path),
  );
  return Object.fromEntries(written.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}
