// Finds which storage volume each declared volume of a container is. A volume is identified by its name within the guest; the node's note maps names
// to storage volumes. Until a name is noted, it is the volume that is mounted where the name was or is declared. An empty volume never replaces data
// without an approval.

import { type RetainedVolumes, splitLine } from '../../guest/lifecycle/retained-volumes.ts';
import { type GuestConf, upcoming } from '../../guest/proxmox/conf.ts';
import type { Properties } from '../../guest/proxmox/property-string.ts';
import type { LxcSpec, Volume } from '../lxc-spec.ts';
import { isOfHost, isToBeMade, type Mounted, mountedAs, mountedIn, storageOf } from './mounted.ts';

export interface Found {
  readonly volume: Volume;
  /** Its storage volume; null: it has to be created. */
  readonly id: string | null;
  /** The entry that holds it or that it replaces; null: a free one. */
  readonly key: string | null;
  /** Its present or former properties, which stay except for volume and path. */
  readonly properties: Properties;
  /** The former storage volume, where a new one replaces it. */
  readonly lost: string | null;
}

type Declared = Pick<LxcSpec, 'id' | 'volumes'>;

type Identified = Pick<Found, 'volume' | 'id' | 'lost'>;

interface Loss {
  readonly name: string;
  /** The storage volume that the name no longer stands for; null: the replaced volume belongs to another name. */
  readonly lost: string | null;
  readonly why: string;
}

export interface FoundVolumes {
  readonly declared: readonly Found[];
  /** Volumes that are mounted and no longer declared. */
  readonly gone: readonly (Mounted & { readonly name: string | null })[];
  /** Undeclared volumes that were mounted before the container was recreated. */
  readonly returning: readonly Mounted[];
  /** Why an empty volume would replace data; null: none would. */
  readonly loss: string | null;
  /** Why volumes cannot be identified, and what to do; null: they can. */
  readonly unclear: string | null;
  /** The new content of the note. */
  readonly retained: RetainedVolumes;
}

export interface Known {
  /** The spec that was applied last; undefined: unknown. */
  readonly before: LxcSpec | undefined;
  /** It was never started: its volumes came with its clone source. */
  readonly building: boolean;
  readonly retained: RetainedVolumes;
  /** Noted storage volumes that no longer exist. */
  readonly missing: readonly string[];
}

/** `conf` is null for a container that is still to be created. */
export function findVolumes(spec: Declared, conf: GuestConf | null, known: Known): FoundVolumes {
  const mounted = conf === null ? [] : volumesIn(conf);
  const names = namesOf(spec, mounted, known);
  const nameOf = new Map([...names].map(([name, id]) => [id, name]));
  const losses: Loss[] = [];
  let unclear: string | null = null;

  const identified = spec.volumes.map((volume): Identified => {
    const { name, path, storage } = volume;
    const id = names.get(name) ?? notedAt(path, nameOf, known);
    const made = (why: string, lost: string, owner = name): Identified => {
      losses.push({ name, lost: owner === name ? lost : null, why });
      return { volume, id: null, lost };
    };
    const inPlace = mounted.find((one) => one.path === path && one.volume !== id);
    const nameInPlace = nameOf.get(inPlace?.volume ?? '');
    if (id === undefined) {
      if (inPlace === undefined || nameInPlace === undefined) return { volume, id: null, lost: null };
      const why = `${path} has the volume ${nameInPlace}, and an empty one, ${name}, would take its place`;
      return made(why, inPlace.volume, nameInPlace);
    }
    if (known.missing.includes(id)) return made(`volume ${name} was ${id}, which is not there any more`, id);
    if (storageOf(id) !== storage) {
      const key = mounted.find((one) => one.volume === id)?.key;
      const move = key === undefined ? '' : ` (to take its data along: pct move-volume ${spec.id} ${key} ${storage})`;
      return made(`volume ${name} is ${id}, and an empty one on ${storage} would take its place${move}`, id);
    }
    if (inPlace !== undefined && nameInPlace === undefined && !known.building)
      unclear ??=
        `volume ${name} of container ${spec.id} is ${id}, but ${inPlace.volume} is mounted at ${path}: ` +
        `take that out with: pct set ${spec.id} --delete ${inPlace.key}`;
    return { volume, id, lost: null };
  });
  return {
    ...entries(conf, mounted, identified, nameOf, known),
    loss: losses.length === 0 ? null : losses.map(({ why }) => why).join('; '),
    unclear,
    retained: notes(known.retained, names, losses),
  };
}

/** Volumes that are mounted, will be mounted, or are about to be removed; each volume once. */
function volumesIn(conf: GuestConf): Mounted[] {
  const later = mountedIn(upcoming(conf));
  const leaving = mountedIn(conf.settings).filter((one) => !later.some(({ volume }) => volume === one.volume));
  return [...later, ...leaving].filter(({ volume }) => !isOfHost(volume) && !isToBeMade(volume));
}

function namesOf(spec: Declared, mounted: readonly Mounted[], known: Known): ReadonlyMap<string, string> {
  const { before, building, retained, missing } = known;
  const names = new Map(Object.entries(retained.names));
  const isMounted = (name: string): boolean => mounted.some(({ volume }) => volume === names.get(name));
  const settle = (name: string, path: string): void => {
    const taken = new Set(names.values());
    const found = mounted.find((one) => one.path === path && !taken.has(one.volume));
    if (found !== undefined) names.set(name, found.volume);
  };
  for (const { name, path } of building ? [] : (before?.volumes ?? [])) if (!names.has(name)) settle(name, path);
  for (const { name, path, storage } of spec.volumes) {
    const id = names.get(name);
    // A volume that was moved to this storage or restored by a person has another id: then the volume in its place is it.
    const isReplaced = id !== undefined && !isMounted(name) && (missing.includes(id) || storageOf(id) !== storage);
    const comesBack = building && notedAt(path, new Map(), known) !== undefined;
    if (id === undefined ? !comesBack : isReplaced && !building) settle(name, path);
  }
  return names;
}

/** The volume that was mounted at a path when the container was destroyed, unless it has a name. */
function notedAt(path: string, nameOf: ReadonlyMap<string, string>, { retained }: Known): string | undefined {
  const first = Object.hasOwn(retained.paths, path) ? retained.paths[path] : undefined;
  const ids = [
    ...(first === undefined ? [] : [first]),
    ...linesOf(retained).flatMap((line) => (line.path === path ? line.volume : [])),
  ];
  return ids.find((id) => !nameOf.has(id));
}

function linesOf(retained: RetainedVolumes): Mounted[] {
  const lines = retained.lines.map(splitLine).filter(({ key }) => /^mp\d+$/.test(key));
  return lines.map(({ key, value }) => mountedAs(key, value)).filter(({ volume }) => !isOfHost(volume));
}

/** The entry for each volume. A volume that is not mounted takes the entry at its path, unless that belongs to another volume. */
function entries(
  conf: GuestConf | null,
  mounted: readonly Mounted[],
  identified: readonly Identified[],
  nameOf: ReadonlyMap<string, string>,
  { building, retained, missing }: Known,
): Pick<FoundVolumes, 'declared' | 'gone' | 'returning'> {
  const ids = new Set(identified.map(({ id }) => id));
  const taken = new Set(mounted.filter(({ volume }) => ids.has(volume)).map(({ key }) => key));
  const all = conf === null ? [] : [...mountedIn(upcoming(conf)), ...mountedIn(conf.settings)];
  const lines = linesOf(retained);
  const declared = identified.map((one): Found => {
    const own = mounted.find(({ volume }) => volume === one.id) ?? null;
    const inPlace = own ?? all.find(({ path, key }) => path === one.volume.path && !taken.has(key)) ?? null;
    if (inPlace !== null) taken.add(inPlace.key);
    const found = own === null ? lines.find(({ volume }) => volume === one.id)?.properties : asInForce(own, conf);
    return { ...one, key: inPlace?.key ?? null, properties: found ?? {} };
  });
  const returns = (volume: string): boolean =>
    lines.some((line) => line.volume === volume) && !nameOf.has(volume) && !ids.has(volume);
  const gone = mounted
    .filter(({ key, volume }) => !taken.has(key) && (nameOf.has(volume) || (building && !returns(volume))))
    .map((one) => ({ ...one, name: nameOf.get(one.volume) ?? null }));
  const returning =
    conf !== null && !building ? [] : lines.filter(({ volume }) => returns(volume) && !missing.includes(volume));
  return { declared, gone, returning };
}

/** In the key order of the current value and with its size, so that reverting a pending change leaves nothing pending. */
function asInForce({ key, volume, properties }: Mounted, conf: GuestConf | null): Properties {
  const now = mountedIn(conf?.settings ?? {}).find((one) => one.key === key && one.volume === volume);
  const shared = Object.entries(now?.properties ?? {}).filter(([name]) => name === 'size' || name in properties);
  return { ...Object.fromEntries(shared), ...properties };
}

/** A volume that is replaced loses its name and stays in the note. */
function notes(
  retained: RetainedVolumes,
  names: ReadonlyMap<string, string>,
  losses: readonly Loss[],
): RetainedVolumes {
  const lost = losses.flatMap(({ name, lost: id }) => (id === null ? [] : [{ name, id }]));
  const stays = [...names].filter(([name]) => !lost.some((one) => one.name === name));
  const settled = new Set([...stays, ...lost.map(({ name, id }) => [name, id] as const)].map(([, id]) => id));
  const lines = lost.map(({ name, id }) => `was ${name}: ${id}`).filter((line) => !retained.lines.includes(line));
  return {
    names: Object.fromEntries(stays),
    lines: [...retained.lines, ...lines],
    paths: Object.fromEntries(Object.entries(retained.paths).filter(([, id]) => !settled.has(id))),
  };
}
