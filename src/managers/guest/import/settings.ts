// Imports the settings of a guest from its file: the inverse of desired-settings.ts, by the same table of declarations.

import type { Json } from '../../../model/json.ts';
import type { Extent } from '../../importer.ts';
import { normalFlag, parseProperties } from '../proxmox/property-string.ts';
import { bareOf, type GuestKind, placesOf } from '../settings/setting.ts';
import { settingsOf } from '../settings/values.ts';
import type { Unclaimed } from './unclaimed.ts';

type AnySetting = ReturnType<typeof settingsOf>[number][1];

/** Each setting that the guest's file has, and those that must be declared. */
export function writtenSettings(kind: GuestKind, conf: Unclaimed, extent: Extent): Record<string, Json> {
  const written: Record<string, Json> = {};
  for (const [name, one] of settingsOf(kind)) {
    const ways = one[kind];
    if (ways === undefined || saysMore(kind, one.option, conf)) continue;
    const present = textOf(kind, one, conf);
    // A VM's default hardware depends on its other settings, so an absent value is left undeclared.
    const isUnsaid = conf.isWaiting(one.option) || one.isRetainedByClones === true;
    const text = present ?? (isUnsaid ? undefined : ways.absent);
    const value = text === undefined ? undefined : readAs(kind, one, text);
    if (value === undefined) continue;
    if (present !== undefined) claim(kind, one, conf);
    if (ways.whenAbsent === undefined || extent === 'all' || !isUsual(kind, one, value)) written[name] = value;
  }
  return written;
}

/** Whether a property string has keys or values that no setting covers: then `options` declares all of it. */
function saysMore(kind: GuestKind, option: string, conf: Unclaimed): boolean {
  const keyed = settingsOf(kind).filter(([, one]) => one.option === option && one.key !== undefined);
  const [first] = keyed;
  const text = conf.peek(option);
  if (first === undefined || text === undefined) return false;
  const parts = parseProperties(text, bareOf(kind, first[1]));
  return Object.entries(parts).some(([key, value]) => {
    const [, one] = keyed.find(([, each]) => each.key === key) ?? [];
    return one === undefined || readAs(kind, one, value) === undefined;
  });
}

function textOf(kind: GuestKind, one: AnySetting, conf: Unclaimed): string | undefined {
  const text = conf.peek(one.option);
  const key = keyOf(kind, one);
  return text === undefined || key === null ? text : parseProperties(text, key.bare)[key.name];
}

function claim(kind: GuestKind, one: AnySetting, conf: Unclaimed): void {
  const key = keyOf(kind, one);
  if (key === null) conf.claim(one.option);
  else conf.pass(one.option, [key.name], key.bare);
}

/** The setting's key in a property string; null where it is the whole option. */
function keyOf(kind: GuestKind, one: AnySetting): { readonly name: string; readonly bare: string } | null {
  const property = one[kind]?.property;
  if (one.key !== undefined) return { name: one.key, bare: bareOf(kind, one) };
  return property === undefined ? null : { name: property, bare: property };
}

/** The value in the field's type; undefined where the field cannot express it. */
function readAs(kind: GuestKind, one: AnySetting, text: string): Json | undefined {
  const check = one.check(placesOf(one, kind));
  const flag = normalFlag(text);
  if (one.read !== undefined) {
    const read = one.read(text);
    return read !== undefined && check.safeParse(read).success ? (read as Json) : undefined;
  }
  const forms: readonly Json[] = [
    text,
    ...(text.trim() === '' ? [] : [Number(text)]),
    flag === '1',
    text.split(';').filter((part) => part !== ''),
  ];
  const isFlag = flag === '0' || flag === '1';
  return forms.find((form) => (typeof form !== 'boolean' || isFlag) && check.safeParse(form).success);
}

/** Whether a value equals what a new guest gets when nothing is declared. */
function isUsual(kind: GuestKind, one: AnySetting, value: Json): boolean {
  const ways = one[kind];
  const made: Json | undefined =
    ways?.made ?? (ways?.absent === undefined ? undefined : readAs(kind, one, ways.absent));
  return made === value;
}
