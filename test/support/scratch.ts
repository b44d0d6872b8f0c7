// Where a run of the tests keeps its files: in memory where the machine can. A disk makes Redis, Git and every lab wait for it.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** What the tests of a whole run hold at once, with much to spare (bytes). */
const NEEDED = 1024 ** 3;

/** Names the folder to everything that a run starts; what it returns removes it. */
export function setup(): (() => void) | undefined {
  if (process.env['TMPDIR'] !== undefined || !existsSync(MEMORY)) return undefined;
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize < NEEDED) return undefined;
  const folder = mkdtempSync(join(MEMORY, 'phoenix-tests-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  if (!runsPrograms(folder)) {
    remove();
    return undefined;
  }
  // As `/tmp`: some tests become another user.
  chmodSync(folder, 0o1777);
  process.env['TMPDIR'] = folder;
  return remove;
}

/** Containers often have it with `noexec`, and labs are full of programs. */
function runsPrograms(folder: string): boolean {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}
