// Raw `lxc.*` lines: no command of Proxmox sets them, so they are written into the container's file.

import type { IdMap, LxcGuest } from '../../config/config.ts';

export type RawOption = { readonly key: string; readonly value: string };

/** Profile, id maps and the options as written. An option that is written itself goes before what would be derived. */
export function rawOptions(guest: LxcGuest): RawOption[] {
  const written = guest.lxcOptions.map(({ key, value }) => ({ key, value }));
  const derived = [
    ...(guest.apparmorProfile === null ? [] : [{ key: 'lxc.apparmor.profile', value: guest.apparmorProfile }]),
    ...(guest.unprivileged ? idMapOptions(guest.idMaps) : []),
  ];
  return [...derived.filter(({ key }) => !written.some((option) => option.key === key)), ...written];
}

/** Where Proxmox begins to map the ids of unprivileged containers, and how many. */
export const MAP_START = 100_000;
const MAP_SIZE = 65_536;

/** The maps for all ids of a container: those declared, and Proxmox's own for the rest, without a gap between them. */
function idMapOptions(maps: readonly IdMap[]): RawOption[] {
  if (maps.length === 0) return [];
  return (['uid', 'gid'] as const).flatMap((type) => {
    const own = maps.filter((map) => map.type === type).sort((a, b) => a.containerId - b.containerId);
    const lines: string[] = [];
    let next = 0;
    for (const map of own) {
      if (map.containerId > next) lines.push(`${next} ${MAP_START + next} ${map.containerId - next}`);
      lines.push(`${map.containerId} ${map.hostId} ${map.size}`);
      next = map.containerId + map.size;
    }
    if (next < MAP_SIZE) lines.push(`${next} ${MAP_START + next} ${MAP_SIZE - next}`);
    return lines.map((line) => ({ key: 'lxc.idmap', value: `${type === 'uid' ? 'u' : 'g'} ${line}` }));
  });
}

export function sameRaw(one: readonly RawOption[], other: readonly RawOption[]): boolean {
  return printRaw(one) === printRaw(other);
}

function printRaw(options: readonly RawOption[]): string {
  return options.map(({ key, value }) => `${key}: ${value.replaceAll(/\s+/g, ' ').trim()}`).join('\n');
}
