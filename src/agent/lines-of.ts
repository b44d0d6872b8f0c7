// The lines of values in a configuration file of a commit, so that people are led to them.

import { locate } from '../config/read/locate.ts';
import { readJson } from '../config/read/read-json.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** By JSON pointer, from 1; empty for a file that is not JSON, or was not read. */
export function linesOf(files: Snapshot['files'], file: string, paths: readonly string[]): ReadonlyMap<string, number> {
  const bytes = files.get(file)?.bytes;
  if (bytes === undefined || !file.endsWith('.json')) return new Map();
  return new Map([...locate(readJson(bytes).text, paths)].map(([path, { line }]) => [path, line]));
}
