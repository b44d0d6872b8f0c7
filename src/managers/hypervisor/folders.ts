// Folders of the host that Phoenix may make: those inside datasets that it keeps. Anything else that is missing, such as the mount
// of a disk, is a person's to bring, or files would end up below it.

import type { Action } from '../../model/action.ts';
import type { Config } from '../config.ts';
import type { HostReader } from '../manager.ts';
import { act } from './act.ts';
import type { ZfsDataset } from './declared.ts';

/** Where a dataset is mounted: where it says itself, else where ZFS mounts it. */
export function mountFolder({ pool, name, properties }: Pick<ZfsDataset, 'pool' | 'name' | 'properties'>): string {
  const written = properties['mountpoint'];
  return written?.startsWith('/') ? written : `/${pool}/${name}`;
}

/** Whether a folder lies in a dataset that is declared. */
export function liesInDataset(path: string, { hypervisor }: Config): boolean {
  return hypervisor.zfs.datasets.some((dataset) => path.startsWith(`${mountFolder(dataset)}/`));
}

/** Those of the paths that are no folders of the host; one look however many there are. A link that is not followed is none. */
export async function missingFolders(host: HostReader, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const files = await host.inspect(paths);
  return new Set(paths.filter((path) => files.get(path)?.kind !== 'folder'));
}

/** @param owner ids of whom it is made for */
export function makeFolder(path: string, owner: { readonly uid: number; readonly gid: number }): Action {
  return act(`make folder ${path}`, { kind: 'folder', path, ...owner });
}
