// Imports a node's package repositories into `package_repositories`: standard ones that differ from a new node, and third-party ones.

import type { JsonObject } from '../../../model/json.ts';
import type { AptRepository } from '../../../proxmox/files/apt-repositories.ts';
import { APT_HANDLES, type AptHandle, isStandard } from '../../../proxmox/files/apt-standard.ts';
import type { LeftOver } from '../../importer.ts';
import { otherRepository } from '../schema/repositories.ts';
import { placesOf, type SeenRepositories } from './repositories-section.ts';

/** Enabled on a new node (the installer of Proxmox VE 9 writes their files). */
const USED: readonly AptHandle[] = ['enterprise', 'ceph-squid-enterprise'];
const DEBIAN = /^https?:\/\/([a-z0-9-]+\.)*debian\.org(\/|$)/;

/** Null where nothing differs from a new node. */
export function writtenRepositories(seen: SeenRepositories): {
  readonly field: JsonObject | null;
  readonly left: readonly LeftOver[];
} {
  const left: LeftOver[] = [...seen.errors].map(([path, error]) => ({
    what: `hypervisor/repositories (${path})`,
    why: `Proxmox cannot read it: ${error}`,
  }));
  if (seen.suite === null) return { field: null, left };
  const standard = Object.fromEntries(APT_HANDLES.flatMap((handle) => standardEntry(handle, seen)));
  const others: JsonObject[] = [];
  for (const { path, repositories } of seen.files) {
    for (const repository of repositories.filter((one) => isOfOthers(one, seen.suite ?? ''))) {
      const [uri = '', suite = ''] = [repository.uris[0], repository.suites[0]];
      const entry = { file: path, uri, suite };
      const why = whyNot(entry);
      if (why === null) others.push(entry);
      // The user info of a URI may contain a password.
      else left.push({ what: `hypervisor/repositories ${uri.replace(/\/\/[^/]*@/, '//…@')} (${path})`, why });
    }
  }
  const field = {
    ...(Object.keys(standard).length === 0 ? {} : { standard }),
    ...(others.length === 0 ? {} : { others }),
  };
  return { field: Object.keys(field).length === 0 ? null : field, left };
}

function standardEntry(handle: AptHandle, seen: SeenRepositories): [string, boolean][] {
  const places = placesOf(seen, handle);
  const isOn = places.some(({ repository }) => repository.enabled);
  const isUsual = isOn === USED.includes(handle);
  // A repository that is absent is not declared, except for `enterprise`, which every new node has.
  return isUsual || (!isOn && places.length === 0 && handle !== 'enterprise') ? [] : [[handle, isOn]];
}

function isOfOthers(repository: AptRepository, suite: string): boolean {
  const isOwn = APT_HANDLES.some((handle) => isStandard(repository, handle, suite));
  return repository.enabled && !isOwn && !repository.uris.some((uri) => DEBIAN.test(uri));
}

function whyNot(entry: { readonly uri: string }): string | null {
  if (/\/\/[^/]*@/.test(entry.uri)) return 'its address holds who asks, perhaps with a password: it stays as it is';
  const read = otherRepository.safeParse(entry);
  return read.success ? null : read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
}
