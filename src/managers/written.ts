// A plan in the words of the files: each field of a spec that changes is traced to where a person wrote it, with the file's own names
// and values. What nobody wrote down as it is names the places that it follows from. Pure.

import type { Place } from '../config/read/place.ts';
import { targetId } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { Plan, PlanStep, WrittenChange, WrittenPlace } from '../model/plan.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { isArray, isObject, same } from '../plan/canonical.ts';
import { diffFields } from '../plan/diff-fields.ts';
import { child, keys } from '../plan/pointer.ts';
import { hideInChange } from '../plan/secret.ts';
import type { Config } from './config.ts';
import { managerOf } from './index.ts';
import { HYPERVISOR_FILE, LXC_FILE, VM_FILE } from './places.ts';
import type { Written } from './sources.ts';
import { type WrittenValues, writtenValues } from './written-values.ts';

/** Where nothing that is known explains a change, so many of the files' other changes are named as what it may follow from. */
const MOST_GUESSES = 20;

/** One of the two commits between which the plan leads, with what its configuration was read from. */
export interface WrittenSide {
  readonly config: Config;
  readonly files: Snapshot['files'];
}

interface Side extends WrittenSide {
  readonly values: WrittenValues;
}

interface Sides {
  /** Null: nothing is declared. */
  readonly before: Side | null;
  readonly after: Side | null;
  /** Names of guests by target. */
  readonly names: ReadonlyMap<string, string>;
  /** What changes at places beside a target's own entry: the same for every target, and there may be thousands. */
  readonly beside: Map<Written, WrittenChange[]>;
}

/** The plan with what its steps change in the files, and what its targets are called. Secrets are hidden in what is added. */
export function inTheFiles(plan: Plan, from: WrittenSide | null, to: WrittenSide | null): Plan {
  const names = new Map([from, to].flatMap((side) => (side === null ? [] : guestNames(side.config))));
  const sides = { before: withValues(from), after: withValues(to), names, beside: new Map() };
  return { ...plan, steps: plan.steps.map((step) => stepInTheFiles(step, sides)) };
}

function withValues(side: WrittenSide | null): Side | null {
  return side === null ? null : { ...side, values: writtenValues(side.files) };
}

function stepInTheFiles(step: PlanStep, sides: Sides): PlanStep {
  const { sources } = managerOf(step.kind);
  const derived = sources.isDerived?.(step.target) === true;
  const entry: Pair = {
    label: null,
    before: sides.before && sources.entry(sides.before.config, step.target),
    after: sides.after && sources.entry(sides.after.config, step.target),
  };
  const found = new Map<string, WrittenChange>();
  const explained = (fields: readonly string[], only: (written: Written) => boolean): boolean => {
    const places = fields.flatMap((field) => sources.of(step.target, field)).filter(only);
    const changes = [...new Set(places)].flatMap((written) => changesAt(written, entry, sides, derived));
    for (const change of changes) {
      const key = `${change.file} ${change.path}`;
      if (!found.has(key)) found.set(key, hideInChange(change));
    }
    return changes.length > 0;
  };
  const fields = [...new Set(step.changes.map(({ path }) => keys(path)[0] ?? ''))];
  // Of what appears or goes its own entry says all; only where that was there before something else is the reason.
  const wholly = step.verb !== 'update' && explained(fields, isOwn);
  for (const field of wholly ? [] : fields) {
    if (explained([field], () => true)) continue;
    const change = unchangedAt(step, field, sources.of(step.target, field), entry, sides);
    if (change !== null && !found.has(`${change.file} ${change.path}`))
      found.set(`${change.file} ${change.path}`, hideInChange(change));
  }
  const name = sides.names.get(step.target);
  const written = withoutNested([...found.values()]);
  return {
    ...step,
    ...(name === undefined ? {} : { name }),
    ...(step.changes.length > 0 && written.length === 0 ? {} : { written }),
    ...(derived ? { derived } : {}),
  };
}

function isOwn({ in: where }: Written): boolean {
  return where === 'own' || where === 'own compose';
}

function guestNames({ lxc, vm }: Config): [target: string, name: string][] {
  return [...lxc, ...vm].map(({ kind, id, name }) => [targetId(kind, id), name]);
}

/** What is said as a part of something larger is not said twice. */
function withoutNested(changes: readonly WrittenChange[]): WrittenChange[] {
  return changes.filter(
    ({ file, path }) =>
      !changes.some((other) => other.file === file && other.path !== path && path.startsWith(`${other.path}/`)),
  );
}

/** The same entry in both commits; null where it is not there. */
interface Pair {
  /** Whose it is; null for the target's own. */
  readonly label: string | null;
  readonly before: Place | null;
  readonly after: Place | null;
}

function changesAt(written: Written, entry: Pair, sides: Sides, derived: boolean): WrittenChange[] {
  if (isOwn(written)) return changesOf(written, entry, sides, derived);
  const known = sides.beside.get(written) ?? changesOf(written, entry, sides, derived);
  sides.beside.set(written, known);
  return known;
}

function changesOf(written: Written, entry: Pair, sides: Sides, derived: boolean): WrittenChange[] {
  return pairsOf(written, entry, sides).flatMap((pair) => {
    const pointers = written.at.flatMap((at) => expanded(at, pair, sides));
    const changes = pointers.flatMap((at) => changesBelow(at, pair, sides));
    if (changes.length === 0 || (isOwn(written) && !derived)) return changes;
    const because = pointers.flatMap((at) => placeOf(at, pair, sides) ?? []);
    return changes.map((change) => ({ ...change, because }));
  });
}

/** The differences of one field, down to the values that differ. */
function changesBelow(at: string, pair: Pair, sides: Sides): WrittenChange[] {
  const [old, now] = [valueIn('before', at, pair, sides), valueIn('after', at, pair, sides)];
  if (same(old, now)) return [];
  const wrapped = (value: Json | undefined) => (value === undefined ? {} : { v: value });
  return diffFields(wrapped(old), wrapped(now)).flatMap(({ path, before, after }) => {
    const inside = `${at}${path.slice('/v'.length)}`;
    const place = after === undefined ? pair.before : pair.after;
    if (place === null) return [];
    const change = {
      file: place.file,
      path: `${place.path}${inside}`,
      field: fieldName(pair.label, inside),
      before,
      after,
    };
    const was = before === undefined || after === undefined ? undefined : previousPointer(inside, before, pair, sides);
    return [was === undefined || was === change.path ? change : { ...change, was }];
  });
}

/** Elements of a list that moved stood elsewhere: found by their value, along the same way. */
function previousPointer(inside: string, value: Json, { before }: Pair, { before: side }: Sides): string | undefined {
  if (before === null || side === null) return undefined;
  const root = side.values(before.file);
  const straight = `${before.path}${inside}`;
  if (same(valueAt(root, straight), value)) return straight;
  return search(valueAt(root, before.path), keys(inside), value, before.path);
}

function search(from: Json | undefined, way: readonly string[], value: Json, path: string): string | undefined {
  const [first, ...rest] = way;
  if (first === undefined) return same(from, value) ? path : undefined;
  if (isObject(from)) return search(from[first], rest, value, child(path, first));
  if (from === undefined || from === null || typeof from !== 'object' || !isArray(from)) return undefined;
  for (const [index, item] of from.entries()) {
    const found = search(item, rest, value, child(path, String(index)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A field of which the place says the same as before: what it names, such as a script, is another one. Null where nothing tells. */
function unchangedAt(
  step: PlanStep,
  field: string,
  places: readonly Written[],
  entry: Pair,
  sides: Sides,
): WrittenChange | null {
  const own = places
    .filter(isOwn)
    .flatMap((written) => pairsOf(written, entry, sides).flatMap((pair) => written.at.map((at) => ({ at, pair }))));
  const [first] = own.filter(({ at, pair }) => placeOf(at, pair, sides) !== null);
  const { at, pair } = first ?? { at: '', pair: entry };
  const place = placeOf(at, pair, sides);
  if (place === null) return null;
  const named = step.changes.filter(({ path }) => keys(path)[0] === field);
  const because = contentOf(JSON.stringify(named), sides);
  return {
    ...place,
    field: at === '' ? field : fieldName(pair.label, at),
    before: valueIn('before', at, pair, sides),
    after: valueIn('after', at, pair, sides),
    because: because.length > 0 ? because : otherChanges(sides),
  };
}

/** Files whose content the spec names, and which are not the same on both sides. */
function contentOf(spec: string, { before, after }: Sides): WrittenPlace[] {
  const paths = new Set([...(before?.files.keys() ?? []), ...(after?.files.keys() ?? [])]);
  return [...paths].flatMap((file) => {
    const [old, now] = [before?.files.get(file)?.blob, after?.files.get(file)?.blob];
    const isNamed = [old, now].some((blob) => blob !== undefined && spec.includes(blob));
    return old !== now && isNamed ? [{ file, path: '' }] : [];
  });
}

function otherChanges(sides: Sides): WrittenPlace[] {
  const whole = (file: string): Pair => ({ label: null, before: { file, path: '' }, after: { file, path: '' } });
  const changes = [HYPERVISOR_FILE, LXC_FILE, VM_FILE].flatMap((file) => changesBelow('', whole(file), sides));
  return changes.slice(0, MOST_GUESSES).map(({ file, path }) => ({ file, path }));
}

function pairsOf({ in: where }: Written, entry: Pair, sides: Sides): Pair[] {
  const whole = (file: string, label: string | null = null): Pair => ({
    label,
    before: sides.before === null ? null : { file, path: '' },
    after: sides.after === null ? null : { file, path: '' },
  });
  switch (where) {
    case 'own':
      return [entry];
    case 'own compose': {
      const manifest = (entry.after ?? entry.before)?.file;
      const folder = manifest === undefined ? undefined : /^stacks\/[^/]+\//.exec(manifest)?.[0];
      return folder === undefined ? [] : [whole(`${folder}docker-compose.yml`)];
    }
    case 'host':
      return [whole(HYPERVISOR_FILE)];
    case 'lxc':
      return [whole(LXC_FILE)];
    case 'vm':
      return [whole(VM_FILE)];
    case 'guests':
      return joined(sides, ({ lxc, vm }) =>
        [...lxc, ...vm].map((guest) => [`${guest.kind}/${guest.id}`, guest.name, guest.writtenAt] as const),
      );
    case 'certificates':
      return joined(sides, (config) =>
        config.certificates.map(({ commonName, writtenAt }) => [`certificate/${commonName}`, null, writtenAt] as const),
      );
    case 'stacks':
      return joined(sides, ({ stacks }) =>
        [...stacks.values()].flatMap(({ name, environments }) =>
          Object.entries(environments).map(([key, { writtenAt }]) => [`stack ${name}`, key, writtenAt] as const),
        ),
      );
    case 'compose':
      return joined(sides, ({ stacks }) =>
        [...stacks.values()].map(
          ({ name, compose }) => [`stack ${name}`, null, { file: compose.path, path: '' }] as const,
        ),
      );
    default:
      return where satisfies never;
  }
}

type Entry = readonly [id: string, name: string | null, at: Place];

/** Entries of both sides, those of one thing together. */
function joined({ before, after }: Sides, of: (config: Config) => readonly Entry[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const [side, known] of [
    ['before', before],
    ['after', after],
  ] as const) {
    for (const [id, name, at] of known === null ? [] : of(known.config)) {
      const key = id.startsWith('stack ') ? `${id} ${name}` : id;
      const earlier = pairs.get(key) ?? { before: null, after: null };
      pairs.set(key, { ...earlier, label: name === null ? id : `${id} (${name})`, [side]: at });
    }
  }
  return [...pairs.values()];
}

/** The pointer with every key of either side in the place of each `*`. */
function expanded(at: string, pair: Pair, sides: Sides): string[] {
  const star = at.indexOf('/*');
  if (star < 0) return [at];
  const [above, below] = [at.slice(0, star), at.slice(star + '/*'.length)];
  const found = (['before', 'after'] as const).flatMap((side) => {
    const value = valueIn(side, above, pair, sides);
    return typeof value === 'object' && value !== null ? Object.keys(value) : [];
  });
  return [...new Set(found)].flatMap((key) => expanded(`${child(above, key)}${below}`, pair, sides));
}

function valueIn(side: 'before' | 'after', at: string, pair: Pair, sides: Sides): Json | undefined {
  const place = pair[side];
  return place === null ? undefined : valueAt(sides[side]?.values(place.file), `${place.path}${at}`);
}

/** Where it stands in the commit that the plan leads to, else in the one before; null where in neither. */
function placeOf(at: string, pair: Pair, sides: Sides): WrittenPlace | null {
  for (const side of ['after', 'before'] as const) {
    const place = pair[side];
    if (place !== null && valueIn(side, at, pair, sides) !== undefined)
      return { file: place.file, path: `${place.path}${at}` };
  }
  return null;
}

function valueAt(value: Json | undefined, path: string): Json | undefined {
  let found = value;
  for (const key of keys(path)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as { readonly [key: string]: Json | undefined })[key];
  }
  return found;
}

/** `network_config.ip`, `firewall.rules[2].port`. */
function fieldName(label: string | null, at: string): string {
  const name = keys(at)
    .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
  return [label, name].filter((part) => part !== null && part !== '').join(' ');
}
