// Proxmox's property strings: `name=eth0,bridge=vmbr0,firewall=1`. One default key may be written without its name. This is the only place that
// prints one.

import { fitting } from '../../../model/text.ts';

export type Properties = Readonly<Record<string, string>>;

/** Splits at commas and the first `=`; a part without one gets `defaultKey`. */
export function parseProperties(text: string, defaultKey = ''): Properties {
  const properties: Record<string, string> = Object.create(null);
  for (const part of text.split(',')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    if (at < 0) properties[defaultKey] = part;
    else properties[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return properties;
}

/** Values that Proxmox reads back unchanged: it splits at commas, and trims the end of a line. */
const VALUE = /^[^\s,]([^,]*[^\s,])?$/;
/** A value without its key must not contain `=`, which would make part of it a key. */
const BARE_VALUE = /^[^\s,=]([^,=]*[^\s,=])?$/;
const KEY = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * Keys are in the given order, those of `first` first. Empty values are left out.
 *
 * @param bare the default key, printed without its name before all others
 * @throws Error for a key or value that a property string cannot hold
 */
export function printProperties(properties: Properties, first: readonly string[] = [], bare?: string): string {
  const leading = bare === undefined ? first : [bare, ...first];
  const keys = [
    ...leading.filter((key) => key in properties),
    ...Object.keys(properties).filter((key) => !leading.includes(key)),
  ];
  return keys
    .flatMap((key) => {
      const value = properties[key];
      if (value === undefined || value === '') return [];
      if (key === bare) return [fitting(value, BARE_VALUE, 'a property string')];
      return [`${fitting(key, KEY, 'a property string')}=${fitting(value, VALUE, 'a property string')}`];
    })
    .join(',');
}

/** Proxmox's spellings of a boolean become `1` and `0`; anything else stays. */
export function normalFlag(value: string): string {
  if (/^(1|on|yes|true)$/i.test(value)) return '1';
  if (/^(0|off|no|false)$/i.test(value)) return '0';
  return value;
}

/** An edit of a property string: these keys are set, those removed, and all others stay as written. */
export interface PropertyEdit {
  readonly set: Properties;
  readonly remove: readonly string[];
  /** The default key, which may be written without its name. */
  readonly bare?: string;
  /** Defaults of absent keys other than `0`. */
  readonly absent?: Properties;
  /** The spellings of a number that Proxmox takes for the key (`100.50`); null where it is no number. Default: no key is one. */
  readonly numberIn?: (key: string) => RegExp | null;
}

/** Applies the edit; returns the text unchanged where the edit would not change its meaning. */
export function editProperties(
  text: string,
  { set, remove, bare = '', absent = {}, numberIn = () => null }: PropertyEdit,
): string {
  const parts = text.split(',').filter((part) => part !== '');
  const keyOf = (part: string): string => (part.includes('=') ? part.slice(0, part.indexOf('=')).trim() : bare);
  const textOf = (part: string): string => (part.includes('=') ? part.slice(part.indexOf('=') + 1).trim() : part);
  const isSame = (key: string, one: string, other: string): boolean =>
    sameValue(one, other) || sameNumber(one, other, numberIn(key));
  const known = new Set(parts.map(keyOf));
  const kept = parts
    .filter((part) => !remove.includes(keyOf(part)) || keyOf(part) in set)
    .map((part) => {
      const key = keyOf(part);
      const value = set[key];
      if (value === undefined || isSame(key, value, textOf(part))) return part;
      return printProperties({ [key]: value }, [], part.includes('=') ? undefined : key);
    });
  const added = Object.entries(set).filter(
    ([key, value]) => !known.has(key) && !isSame(key, value, absent[key] ?? '0'),
  );
  const changed = [...kept, ...added.map(([key, value]) => printProperties({ [key]: value }))].join(',');
  return changed === parts.join(',') ? text : changed;
}

/** Whether two values are equal: booleans in any spelling, MAC addresses in any case, lists in any order. */
function sameValue(one: string, other: string): boolean {
  return normal(one) === normal(other);
}

/** Whether both texts are the same number. @param form the spellings that Proxmox takes; null: it is no number */
export function sameNumber(one: string, other: string, form: RegExp | null): boolean {
  if (form === null) return false;
  return form.test(one) && form.test(other) && Number(one) === Number(other);
}

function normal(value: string): string {
  const plain = normalFlag(value);
  if (/^[0-9a-f]*:[0-9a-f:.]*(\/\d+)?$/i.test(plain)) return plain.toLowerCase();
  return plain.split(';').sort().join(';');
}
