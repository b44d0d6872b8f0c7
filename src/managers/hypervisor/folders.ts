// Folders of the host that Phoenix may create: those inside datasets that it manages. Any other missing folder, such as the mount point of a disk, is
// left to a person, or files would end up below the mount point.

import type { Action } from '../../model/action.ts';
import type { Config } from '../config.ts';
import type { HostReader } from '../manager.ts';
import { act } from './act.ts';
import type { ZfsDataset } from './declared.ts';

/** The mount point of a dataset: its property `mountpoint`, else ZFS's default. */
export function mountFolder({ pool, name, properties }: Pick<ZfsDataset, 'pool' | 'name' | 'properties'>): string {
  const written = properties['mountpoint'];
  return written?.startsWith('/') ? written : `/${pool}/${name}`;
}

/** Whether a folder lies in a dataset that is declared. */
export function liesInDataset(path: string, { hypervisor }: Config): boolean {
  return hypervisor.zfs.datasets.some((dataset) => path.startsWith(`${mountFolder(dataset)}/`));
}

/** The paths that are not folders of the host, found with a single read. A symbolic link that is not followed counts as missing. */
export async function missingFolders(host: HostReader, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const files = await host.inspect(paths);
  return new Set(paths.filter((path) => files.get(path)?.kind !== 'folder'));
}

/** @param owner numeric ids of the folder's owner */
export function makeFolder(path: string, owner: { readonly uid: number; readonly gid: number }): Action {
  return act(`create folder ${path}`, { kind: 'folder', path, ...owner });
}
