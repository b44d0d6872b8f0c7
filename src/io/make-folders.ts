// Creates a folder with those above it.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Does nothing where the folder is there. Node's own recursive `mkdir` never ends where the system answers ENOENT although the folder above is there,
 * as below /proc.
 *
 * @param mode of each folder that is made
 * @throws the system's error of the first folder that cannot be made
 */
export async function makeFolders(folder: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    if (await isFolder(folder)) return;
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error;
    if (!(await isFolder(above))) await makeFolders(above, mode);
    // Also where the folder above was there: somebody else may have made it since.
    await mkdir(folder, { mode }).catch(async (last: unknown) => {
      if (!(await isFolder(folder))) throw last;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (there) => there.isDirectory(),
    () => false,
  );
}
