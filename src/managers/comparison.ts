// How a target is compared with a host, field by field. A kind declares it once; from that follow what people are shown of a difference, and which
// fields `phoenix.drift` may leave to people. Pure.

import type { ComposeAdditions } from '../model/action.ts';
import type { TargetId } from '../model/ids.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { FieldDifference } from '../model/run.ts';
import { same } from '../plan/diff/canonical.ts';

/** An element of a list: the name that people know it by, and the fields by which it is found in the file. */
interface Element {
  readonly name: string;
  readonly is: JsonObject;
}

/** One step of the way from the entry of a target to a field: a key, the index of an element, or the element with an identity. */
export type Step = string | number | Element;

/** A difference with the way to its field, from the entry that declares the target. Absent: the keys of the field's name. */
export type FoundDifference = Pick<FieldDifference, 'field' | 'declared' | 'observed'> & {
  readonly at?: readonly Step[];
  /** The compose file that it is about: its lines are compared where the repository can be read. */
  readonly compose?: ComposeTexts;
};

/** A compose file as the repository declares it, and as the host has it. */
export interface ComposeTexts {
  readonly blob: string;
  readonly additions: ComposeAdditions;
  readonly observed: string;
}

/** What is compared of a target's desired state. */
interface Desired<Spec> {
  readonly target: TargetId;
  /** Undefined: it should not exist. */
  readonly spec: Spec | undefined;
  /** The spec that was applied last, where known: shows which fields were removed since. */
  readonly before: Spec | undefined;
}

/** The desired state of a target that is declared. */
interface Declared<Spec> extends Desired<Spec> {
  readonly spec: Spec;
}

export interface ComparedField<Spec, Seen> {
  /** In the file, from the entry of the target: `users.sudo_access`. */
  readonly name: string;
  /** The keys of the spec that it decides. */
  readonly of: readonly (keyof Spec & string)[];
  /** What was not observed is no difference. */
  differences(declared: Declared<Spec>, seen: Seen): readonly FoundDifference[];
  /** The spec with the field as the host has it; absent where the spec has no words for that. */
  asSeen?(spec: Spec, seen: Seen): Spec;
  /** It follows from other fields or is decided for other targets too, so that it cannot be left to people here. */
  readonly derived?: true;
}

export interface Comparison<Spec, Seen> {
  readonly fields: readonly ComparedField<Spec, Seen>[];
  /**
   * What has to be so on the host beside the fields: services, and texts of files.
   *
   * @param declared the spec has every field that differs as the host has it, so that only the rest remains to be compared
   */
  rest?(declared: Declared<Spec>, seen: Seen, written: Declared<Spec>): readonly FoundDifference[];
}

/** Every difference from the declaration: of the fields first, then of what is beside them. */
export function comparedBy<Spec, Seen>(
  { fields, rest }: Comparison<Spec, Seen>,
  { target, spec, before }: Desired<Spec>,
  seen: Seen,
): readonly FoundDifference[] {
  if (spec === undefined) return [];
  const written: Declared<Spec> = { target, spec, before };
  let present = spec;
  const found = fields.flatMap((field) => {
    const differences = field.differences(written, seen);
    if (differences.length > 0) present = field.asSeen?.(present, seen) ?? present;
    return differences;
  });
  return [...found, ...(rest?.({ ...written, spec: present }, seen, written) ?? [])];
}

/** The fields that may be left to people. */
export function fieldsToLeave<Spec, Seen>({ fields }: Comparison<Spec, Seen>): readonly ComparedField<Spec, Seen>[] {
  return fields.filter(({ asSeen, derived }) => asSeen !== undefined && derived !== true);
}

/** The spec with these fields as the host has them where they differ, so that they are neither compared nor set. */
export function withSeen<Spec, Seen>(
  comparison: Comparison<Spec, Seen>,
  { target, spec }: Pick<Declared<Spec>, 'target' | 'spec'>,
  seen: Seen,
  names: readonly string[],
): Spec {
  return fieldsToLeave(comparison)
    .filter(({ name }) => names.includes(name))
    .reduce((present, field) => {
      const differs = field.differences({ target, spec: present, before: present }, seen).length > 0;
      return (differs ? field.asSeen?.(present, seen) : undefined) ?? present;
    }, spec);
}

/** For a kind whose targets are all compared in one way: what a manager says of it. */
export function kindComparison<Spec, Seen>(comparison: Comparison<Spec, Seen>) {
  return {
    differences: (wanted: Desired<Spec>, seen: Seen) => comparedBy(comparison, wanted, seen),
    ignorable: {
      fields: () => fieldsToLeave(comparison).map(({ name }) => name),
      keys: (_: TargetId, field: string) => comparison.fields.find(({ name }) => name === field)?.of ?? [],
      without: (spec: Spec, fields: readonly string[], target: TargetId, seen: Seen) =>
        withSeen(comparison, { target, spec }, seen, fields),
    },
  };
}

export function difference(at: readonly Step[], declared: Json, observed: Json): FoundDifference {
  return { field: fieldText(at), at, declared, observed };
}

/** None where both are the same, or where nothing was observed. */
export function differenceAt(at: readonly Step[], declared: Json, observed: Json | undefined): FoundDifference[] {
  return observed === undefined || same(declared, observed) ? [] : [difference(at, declared, observed)];
}

/** The text of a file that is compared as a whole; null: there is none. */
export function textDifference(path: string, declared: string | null, observed: string | null): FoundDifference[] {
  return declared === observed ? [] : [difference([path], declared, observed)];
}

export function wayTo(name: string): readonly string[] {
  return name.split('.');
}

/** A field with one value. */
export function valueField<Spec, Seen>(
  name: string,
  of: readonly (keyof Spec & string)[],
  values: {
    readonly declared: (spec: Spec, seen: Seen) => Json;
    /** Undefined: not observed. */
    readonly observed: (seen: Seen, spec: Spec) => Json | undefined;
  } & Pick<ComparedField<Spec, Seen>, 'asSeen' | 'derived'>,
): ComparedField<Spec, Seen> {
  const { declared, observed, ...more } = values;
  return {
    name,
    of,
    differences: ({ spec }, seen) => differenceAt(wayTo(name), declared(spec, seen), observed(seen, spec)),
    ...more,
  };
}

/** How a list is compared whose elements have an identity of their own. */
interface ListValues<Spec, Seen> {
  /** The keys that identify an element. */
  readonly by: readonly string[];
  /** In the words of the file. */
  readonly declared: (spec: Spec, seen: Seen) => readonly JsonObject[];
  /** Likewise; undefined: not observed. */
  readonly observed: (seen: Seen, spec: Spec) => readonly JsonObject[] | undefined;
}

/** A list by the identity of its elements: one that is missing, one that is left over, and each value of the others that differs. */
export function listField<Spec, Seen>(
  name: string,
  of: readonly (keyof Spec & string)[],
  { by, declared, observed, ...more }: ListValues<Spec, Seen> & Pick<ComparedField<Spec, Seen>, 'asSeen' | 'derived'>,
): ComparedField<Spec, Seen> {
  return {
    name,
    of,
    differences({ spec }, seen) {
      const present = observed(seen, spec);
      return present === undefined ? [] : listDifferences(wayTo(name), by, declared(spec, seen), present);
    },
    ...more,
  };
}

export function listDifferences(
  at: readonly Step[],
  by: readonly string[],
  declared: readonly JsonObject[],
  observed: readonly JsonObject[],
): FoundDifference[] {
  const [wanted, present] = [elementsBy(by, declared), elementsBy(by, observed)];
  return [...new Set([...wanted.keys(), ...present.keys()])].flatMap((name) => {
    const [one, other] = [wanted.get(name), present.get(name)];
    const way = [...at, { name, is: picked(one ?? other ?? {}, by) }];
    if (one === undefined || other === undefined) return [difference(way, one ?? null, other ?? null)];
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((key) => !by.includes(key));
    return keys.flatMap((key) => differenceAt([...way, key], one[key] ?? null, other[key] ?? null));
  });
}

function elementsBy(by: readonly string[], items: readonly JsonObject[]): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const item of items) {
    const name = by.flatMap((key) => (item[key] == null ? [] : [String(item[key])])).join(' ');
    let known = name;
    for (let count = 2; found.has(known); count += 1) known = `${name} (${count})`;
    found.set(known, item);
  }
  return found;
}

function picked(item: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (item[key] == null ? [] : [[key, item[key] ?? null]])));
}

/** `network.bridges.vmbr1.mtu`, `firewall.global_firewall_rules[2]`. */
function fieldText(at: readonly Step[]): string {
  return at
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${typeof step === 'string' ? step : step.name}`))
    .join('')
    .replace(/^\./, '');
}
