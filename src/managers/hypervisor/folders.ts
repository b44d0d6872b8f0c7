// Folders of the host that Phoenix may make: those inside datasets that it keeps. Anything else that is missing, such as the mount
// of a disk, is a person's to bring, or files would end up below it.

import type { Config } from '../../config/config.ts';
import type { ZfsDataset } from '../../config/config-host.ts';
import type { Action } from '../../model/action.ts';
import type { HostReader } from '../manager.ts';
import { act, run } from './act.ts';

/** Where a dataset is mounted: where it says itself, else where ZFS mounts it. */
export function mountFolder({ pool, name, properties }: Pick<ZfsDataset, 'pool' | 'name' | 'properties'>): string {
  const written = properties['mountpoint'];
  return written?.startsWith('/') ? written : `/${pool}/${name}`;
}

/** Whether a folder lies in a dataset that is declared. */
export function liesInDataset(path: string, { hypervisor }: Config): boolean {
  return hypervisor.zfs.datasets.some((dataset) => path.startsWith(`${mountFolder(dataset)}/`));
}

/** Those of the paths that are no folders of the host; one command however many there are. */
export async function missingFolders(host: HostReader, paths: readonly string[]): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  // It ends with 1 where a path is missing, and tells of the others all the same.
  const { stdout } = await host.run(run('stat', ['-L', '-c', '%F %n', '--', ...paths]));
  const lines = new Set(stdout.split('\n'));
  return new Set(paths.filter((path) => !lines.has(`directory ${path}`)));
}

/** @param owner ids of whom it is made for */
export function makeFolder(path: string, owner: { readonly uid: number; readonly gid: number }): Action {
  return act(`make folder ${path}`, { kind: 'folder', path, ...owner });
}
