// Proxmox's property strings: `name=eth0,bridge=vmbr0,firewall=1`. One key may stand without its name. This is the only place that
// writes one.

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

/** What Proxmox reads back as it was: it splits at commas, and cuts spaces off the end of a line. */
const VALUE = /^[^\s,]([^,]*[^\s,])?$/;
/** Without its name a value ends at the first `=`, which would make a key of it. */
const BARE_VALUE = /^[^\s,=]([^,=]*[^\s,=])?$/;
const KEY = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * Keys in the order given; those of `first` lead. Empty values are left out.
 * @param bare the key that stands without its name, before all others
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

/** Proxmox's words for a boolean become `1` and `0`; anything else stays. */
export function normalFlag(value: string): string {
  if (/^(1|on|yes|true)$/i.test(value)) return '1';
  if (/^(0|off|no|false)$/i.test(value)) return '0';
  return value;
}

/** Whether two sets of properties say the same: booleans in any word, a `0` like an absent key, `mount` as a set. */
export function sameProperties(one: Properties, other: Properties): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => normal(one[key]) === normal(other[key]));
}

function normal(value: string | undefined): string {
  const plain = normalFlag(value ?? '0');
  return plain.includes(';') ? plain.split(';').sort().join(';') : plain.toLowerCase();
}
