// Raw `lxc.*` lines: no command of Proxmox sets them, so they are written into the container's file.

import type { IdMap, LxcGuest } from './declared.ts';

export type RawOption = { readonly key: string; readonly value: string };

/** Raw options for AppArmor profile, id maps and the written options. A written option overrides a derived one. */
export function rawOptions(guest: LxcGuest): RawOption[] {
  const variables = Object.entries(guest.env).map(([name, value]) => `${name}=${value}`);
  const written = [
    ...variables.map((value) => ({ key: 'lxc.environment.runtime', value })),
    ...guest.lxcOptions.map(({ key, value }) => ({ key, value })),
  ];
  const derived = [
    ...(guest.apparmorProfile === null ? [] : [{ key: 'lxc.apparmor.profile', value: guest.apparmorProfile }]),
    ...(guest.unprivileged === false ? [] : idMapOptions(guest.idMaps)),
  ];
  return [...derived.filter(({ key }) => !written.some((option) => option.key === key)), ...written];
}

/** The first host id of Proxmox's default mapping for unprivileged containers; below, the number of ids. */
export const MAP_START = 100_000;
const MAP_SIZE = 65_536;

/** Maps for all ids of a container: the declared ones, and Proxmox's default mapping for the rest, without gaps. */
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

/** Whether only the last line of an option counts; lines of other options add up. */
function isSingle(key: string): boolean {
  return !ADDS_UP.test(key);
}

const ADDS_UP =
  /^lxc\.(mount\.(entry|auto)|cgroup2?\.devices\.(allow|deny)|cap\.(drop|keep)|environment(\.runtime)?|hook\.[a-z-]+|group|include|idmap)$/;

/**
 * Groups lines whose relative order matters: rules for devices form one group; all others are grouped by option, and the order between options has no
 * meaning.
 */
function groupOf(key: string): string {
  return /^lxc\.cgroup2?\.devices\./.test(key) ? 'lxc.cgroup.devices' : key;
}

/** Id maps cover all ids of a container together, so they are declared as a whole. */
const WHOLE = 'lxc.idmap';

/**
 * The desired raw lines: undeclared lines stay in their places, lines that are no longer declared are removed, and declared lines are present in
 * their order.
 */
export function mergeRaw(
  present: readonly RawOption[],
  declared: readonly RawOption[],
  before: readonly RawOption[],
  fresh: boolean,
): RawOption[] {
  const wanted = new Set(declared.map(printRaw));
  const keys = new Set(declared.map(({ key }) => key));
  const earlier = new Set(before.map(printRaw));
  const earlierKeys = new Set(before.map(({ key }) => key));
  const goes = (option: RawOption): boolean => {
    if (wanted.has(printRaw(option))) return false;
    const isReplaced = keys.has(option.key) && (isSingle(option.key) || option.key === WHOLE);
    const wasDeclared = earlier.has(printRaw(option)) || (isSingle(option.key) && earlierKeys.has(option.key));
    return fresh || isReplaced || wasDeclared;
  };
  const kept = present.filter((option) => !goes(option));
  return [...new Set(declared.map(({ key }) => groupOf(key)))].reduce<RawOption[]>((lines, group) => {
    const own = declared.filter(({ key }) => groupOf(key) === group);
    const there = lines.filter(({ key }) => groupOf(key) === group);
    if (containsInOrder(own, there, group)) return lines;
    const isOwn = (option: RawOption): boolean => groupOf(option.key) === group && wanted.has(printRaw(option));
    return [...lines.filter((option) => !isOwn(option)), ...own];
  }, kept);
}

/** Whether the lines are present in this order, with others between; id maps in any order. */
function containsInOrder(own: readonly RawOption[], there: readonly RawOption[], group: string): boolean {
  const lines = there.map(printRaw);
  const desired = own.map(printRaw);
  if (group === WHOLE) return lines.toSorted().join('\n') === desired.toSorted().join('\n');
  let at = -1;
  return desired.every((line) => {
    at = lines.indexOf(line, at + 1);
    return at >= 0;
  });
}

export function sameRaw(one: readonly RawOption[], other: readonly RawOption[]): boolean {
  return one.map(printRaw).join('\n') === other.map(printRaw).join('\n');
}

function printRaw({ key, value }: RawOption): string {
  return `${key}: ${value.replaceAll(/\s+/g, ' ').trim()}`;
}
