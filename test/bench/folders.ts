// How long somebody waits for tests: those of each folder alone, and all that `npm test` runs.

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Line, Measurement } from './report.ts';

const ROOT = join(import.meta.dirname, '../..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const MAX_FOLDER_S = 10;
const MAX_ALL_S = 240;
/** Folders that are named in the report; of the others only their number is. */
const SHOWN = 10;

/** @throws if a test fails: how long it took to fail says nothing */
export async function measureFolders(): Promise<Measurement> {
  const all = await secondsOf([]);
  const folders: { folder: string; seconds: number }[] = [];
  for (const [folder, files] of testsByFolder()) folders.push({ folder, seconds: await secondsOf(files) });
  const slowest = folders.toSorted((one, other) => other.seconds - one.seconds);
  return {
    title: 'Tests',
    about: `Without those of the tag long, which npm test leaves out too. Each folder alone, without its subfolders; the ${SHOWN} slowest of ${folders.length}.`,
    lines: [
      lineOf('all', all, MAX_ALL_S),
      ...slowest.slice(0, SHOWN).map(({ folder, seconds }) => lineOf(folder, seconds, MAX_FOLDER_S)),
    ],
  };
}

/** Test files by their folder, both relative to the repository. */
function testsByFolder(): Map<string, string[]> {
  const files = ['test', 'lab/test'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => join(top, path)),
  );
  return Map.groupBy(files.toSorted(), dirname);
}

/** Seconds of a run of Vitest with its start. @param files none for all */
async function secondsOf(files: readonly string[]): Promise<number> {
  const began = performance.now();
  // A folder may have long tests alone.
  const args = ['run', '--tags-filter', '!long', '--passWithNoTests', ...files];
  await execa(process.execPath, [VITEST, ...args], { cwd: ROOT });
  return (performance.now() - began) / 1000;
}

function lineOf(what: string, seconds: number, most: number): Line {
  return { what, measured: `${seconds.toFixed(1)} s`, goal: { text: `≤ ${most} s`, met: seconds <= most } };
}
