// The reference environment of this repository as its files are: for tests that change it and look what follows.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Text by path, of `etc/` and `stacks/`, without what Phoenix ships there itself. */
export function repositoryFiles(): Record<string, string> {
  const paths = ['etc', 'stacks'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((path) => `${top}/${path}`),
  );
  const written = paths.filter(
    (path) => statSync(join(ROOT, path)).isFile() && !/^etc\/(features|schemas)\//.test(path),
  );
  return Object.fromEntries(written.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}
