// Locks a folder for one process at a time.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Another live process has locked the folder. */
class FolderTaken extends Error {
  override readonly name = 'FolderTaken';
  /** Exit code of the command line: something that Phoenix needs is not available. */
  readonly exit = 3;
  readonly hint =
    'stop the other one; to run this one beside it (--roles), give each a PHOENIX_DATA_DIR of its own and both the same REDIS_URL: docs/agent.md';
}

/**
 * Binds a name in Linux's abstract socket namespace: held by one process at a time, and freed by the kernel however that process ends. Other systems
 * have no such namespace, and the folder is not locked there.
 *
 * @returns a function that unlocks it
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
