// Prepares the host before a container starts: its bind-mounted folders, and permission for root to use the ids that it maps.

import type { Action } from '../../model/action.ts';
import { type HostFacts, SUBGID_FILE, SUBUID_FILE } from '../guest/observe/observation.ts';
import { action } from '../guest/proxmox/command.ts';
import type { IdRange, LxcSpec, Mount } from './lxc-spec.ts';
import { MAP_START } from './raw.ts';

export function makeFolders(spec: LxcSpec, mounts: readonly Mount[]): Action[] {
  return mounts.map((mount) =>
    action(`create the folder ${mount.host} for container ${spec.id}`, 'live', {
      kind: 'folder',
      path: mount.host,
      uid: mount.uid === null ? null : hostIdOf(spec, 'u', mount.uid),
      gid: mount.gid === null ? null : hostIdOf(spec, 'g', mount.gid),
    }),
  );
}

/** The host's id for an id inside the container. */
function hostIdOf(spec: LxcSpec, type: 'u' | 'g', inside: number): number {
  if (!spec.unprivileged) return inside;
  for (const { key, value } of spec.raw) {
    const [kind, first = 0, host = 0, count = 0] = value
      .split(/\s+/)
      .map((word, at) => (at === 0 ? word : Number(word)));
    if (key !== 'lxc.idmap' || kind !== type) continue;
    if (inside >= Number(first) && inside < Number(first) + Number(count)) return Number(host) + inside - Number(first);
  }
  return MAP_START + inside;
}

/** /etc/subuid and /etc/subgid must allow root to map the host's ids, or the container does not start. Lines are only added. */
export function delegateIds(spec: LxcSpec, host: HostFacts): Action[] {
  return [
    ...delegate(spec.id, SUBUID_FILE, host.subuid, spec.delegated.uid),
    ...delegate(spec.id, SUBGID_FILE, host.subgid, spec.delegated.gid),
  ];
}

function delegate(id: number, path: string, present: string | null, ranges: readonly IdRange[]): Action[] {
  const before = `root:${MAP_START}:65536`;
  const allowed = (present ?? before).split('\n').flatMap((line) => {
    const [, first, count] = /^(?:root|0):(\d+):(\d+)$/.exec(line.trim()) ?? [];
    return first === undefined ? [] : [{ first: Number(first), count: Number(count) }];
  });
  const missing = ranges.filter(
    ({ first, count }) => !allowed.some((one) => one.first <= first && first + count <= one.first + one.count),
  );
  if (missing.length === 0) return [];
  // Added as lines, since other containers and useradd change the file too.
  const lines = missing.map(({ first, count }) => `root:${first}:${count}`);
  const add = { kind: 'lines', path, lines, absent: { lines: [before], mode: 0o644 } } as const;
  return [action(`allow container ${id} its ID map in ${path}`, 'live', add)];
}
