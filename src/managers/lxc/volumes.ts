// Which storage volume each declared volume of a container is. A volume is its name within the guest: the node notes which one that
// is, and until it has, the volume counts that is mounted where the name was or is declared. An empty one never takes its place
// without approval.

import { type RetainedVolumes, splitLine } from '../guest/lifecycle/retained-volumes.ts';
import { type GuestConf, upcoming } from '../guest/proxmox/conf.ts';
import type { Properties } from '../guest/proxmox/property-string.ts';
import type { LxcSpec, Volume } from './lxc-spec.ts';
import { isOfHost, isToBeMade, type Mounted, mountedAs, mountedIn, storageOf } from './mounted.ts';

export interface Found {
  readonly volume: Volume;
  /** Its storage volume; null: one is to be made. */
  readonly id: string | null;
  /** The entry that is it, or that it takes the place of; null: a free one. */
  readonly key: string | null;
  /** What is or was set of it, which stays but for volume and path. */
  readonly properties: Properties;
  /** What it was, where a new one takes its place. */
  readonly lost: string | null;
}

type Declared = Pick<LxcSpec, 'id' | 'volumes'>;

type Identified = Pick<Found, 'volume' | 'id' | 'lost'>;

interface Loss {
  readonly name: string;
  /** What the name stands for no longer; null: another's place is taken, and that one keeps its name. */
  readonly lost: string | null;
  readonly why: string;
}

export interface FoundVolumes {
  readonly declared: readonly Found[];
  /** Mounted and no longer declared. */
  readonly gone: readonly (Mounted & { readonly name: string | null })[];
  /** Not declared, and mounted before the container was recreated. */
  readonly returning: readonly Mounted[];
  /** Why an empty volume would come to where data was; null: none does. */
  readonly loss: string | null;
  /** Why volumes cannot be told apart, and what to do; null: they can. */
  readonly unclear: string | null;
  /** What is to be noted now. */
  readonly kept: RetainedVolumes;
}

export interface Known {
  /** What was last applied; undefined: not known. */
  readonly before: LxcSpec | undefined;
  /** It was not started yet: what it has came with its source. */
  readonly building: boolean;
  readonly kept: RetainedVolumes;
  /** Storage volumes that are noted and not there any more. */
  readonly missing: readonly string[];
}

/** `conf` is null for a container that is still to be made. */
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
    kept: notes(known.kept, names, losses),
  };
}

/** What is mounted, will be, or waits to be taken out; a volume has one entry. */
function volumesIn(conf: GuestConf): Mounted[] {
  const later = mountedIn(upcoming(conf));
  const leaving = mountedIn(conf.settings).filter((one) => !later.some(({ volume }) => volume === one.volume));
  return [...later, ...leaving].filter(({ volume }) => !isOfHost(volume) && !isToBeMade(volume));
}

function namesOf(spec: Declared, mounted: readonly Mounted[], known: Known): ReadonlyMap<string, string> {
  const { before, building, kept, missing } = known;
  const names = new Map(Object.entries(kept.names));
  const isMounted = (name: string): boolean => mounted.some(({ volume }) => volume === names.get(name));
  const settle = (name: string, path: string): void => {
    const taken = new Set(names.values());
    const found = mounted.find((one) => one.path === path && !taken.has(one.volume));
    if (found !== undefined) names.set(name, found.volume);
  };
  for (const { name, path } of building ? [] : (before?.volumes ?? [])) if (!names.has(name)) settle(name, path);
  for (const { name, path, storage } of spec.volumes) {
    const id = names.get(name);
    // One that was moved to this storage or restored by hand has another id: what stands in its place is it.
    const isReplaced = id !== undefined && !isMounted(name) && (missing.includes(id) || storageOf(id) !== storage);
    const comesBack = building && notedAt(path, new Map(), known) !== undefined;
    if (id === undefined ? !comesBack : isReplaced && !building) settle(name, path);
  }
  return names;
}

/** What was mounted at a path when the container was destroyed, unless it has a name. */
function notedAt(path: string, nameOf: ReadonlyMap<string, string>, { kept }: Known): string | undefined {
  const first = Object.hasOwn(kept.paths, path) ? kept.paths[path] : undefined;
  const ids = [
    ...(first === undefined ? [] : [first]),
    ...linesOf(kept).flatMap((line) => (line.path === path ? line.volume : [])),
  ];
  return ids.find((id) => !nameOf.has(id));
}

function linesOf(kept: RetainedVolumes): Mounted[] {
  const lines = kept.lines.map(splitLine).filter(({ key }) => /^mp\d+$/.test(key));
  return lines.map(({ key, value }) => mountedAs(key, value)).filter(({ volume }) => !isOfHost(volume));
}

/** The entry of each. One that is not mounted takes the entry that stands at its path, where that is of no other. */
function entries(
  conf: GuestConf | null,
  mounted: readonly Mounted[],
  identified: readonly Identified[],
  nameOf: ReadonlyMap<string, string>,
  { building, kept, missing }: Known,
): Pick<FoundVolumes, 'declared' | 'gone' | 'returning'> {
  const ids = new Set(identified.map(({ id }) => id));
  const taken = new Set(mounted.filter(({ volume }) => ids.has(volume)).map(({ key }) => key));
  const all = conf === null ? [] : [...mountedIn(upcoming(conf)), ...mountedIn(conf.settings)];
  const lines = linesOf(kept);
  const declared = identified.map((one): Found => {
    const own = mounted.find(({ volume }) => volume === one.id) ?? null;
    const inPlace = own ?? all.find(({ path, key }) => path === one.volume.path && !taken.has(key)) ?? null;
    if (inPlace !== null) taken.add(inPlace.key);
    const kept = own === null ? lines.find(({ volume }) => volume === one.id)?.properties : asInForce(own, conf);
    return { ...one, key: inPlace?.key ?? null, properties: kept ?? {} };
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

/** In the order of what is in force, and with its size: a change that waits and is taken back then leaves nothing that waits. */
function asInForce({ key, volume, properties }: Mounted, conf: GuestConf | null): Properties {
  const now = mountedIn(conf?.settings ?? {}).find((one) => one.key === key && one.volume === volume);
  const shared = Object.entries(now?.properties ?? {}).filter(([name]) => name === 'size' || name in properties);
  return { ...Object.fromEntries(shared), ...properties };
}

/** What a new one takes the place of is no longer what its name stands for, and stays noted. */
function notes(kept: RetainedVolumes, names: ReadonlyMap<string, string>, losses: readonly Loss[]): RetainedVolumes {
  const lost = losses.flatMap(({ name, lost: id }) => (id === null ? [] : [{ name, id }]));
  const stays = [...names].filter(([name]) => !lost.some((one) => one.name === name));
  const settled = new Set([...stays, ...lost.map(({ name, id }) => [name, id] as const)].map(([, id]) => id));
  const lines = lost.map(({ name, id }) => `was ${name}: ${id}`).filter((line) => !kept.lines.includes(line));
  return {
    names: Object.fromEntries(stays),
    lines: [...kept.lines, ...lines],
    paths: Object.fromEntries(Object.entries(kept.paths).filter(([, id]) => !settled.has(id))),
  };
}
