// One process at a time for a folder.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Another living process has the folder. */
class FolderTaken extends Error {
  override readonly name = 'FolderTaken';
  /** As the command line ends for what is not there. */
  readonly exit = 3;
  readonly hint =
    'stop the other one; to run this one beside it (--roles), give each a PHOENIX_DATA_DIR of its own and both the same REDIS_URL: docs/agent.md';
}

/**
 * Takes a name in Linux's abstract socket space: held by one process at a time, and freed by the kernel however that
 * process ends. Elsewhere there is no such thing, and the folder is not locked.
 *
 * @returns the function that gives it back
 * @throws FolderTaken
 */
export async function lockFolder(folder: string): Promise<() => void> {
  if (process.platform !== 'linux') return () => {};
  const home = await realpath(folder);
  const lock = createServer();
  lock.listen(`\0phoenix-${createHash('sha256').update(home).digest('hex').slice(0, 40)}`);
  try {
    await once(lock, 'listening');
  } catch (cause) {
    throw new FolderTaken(`another Phoenix uses ${home}`, { cause });
  }
  lock.unref();
  return () => void lock.close();
}
