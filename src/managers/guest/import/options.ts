// What no field says of a guest, by Proxmox's own names: the last importer, which takes whatever the others left that `options` may hold.

import type { Json } from '../../../model/json.ts';
import { keysOfOption } from '../../../proxmox/guest-options.ts';
import { PROXMOX_KIND } from '../options/option.ts';
import { optionNames } from '../options/shape.ts';
import { parseProperties } from '../proxmox/property-string.ts';
import type { GuestKind } from '../settings/setting.ts';
import type { Unclaimed } from './unclaimed.ts';

const NAMES = { lxc: new Set(optionNames('lxc')), vm: new Set(optionNames('vm')) };

/** Made by Proxmox itself with every guest, and no wish of anybody. */
const MADE: ReadonlySet<string> = new Set(['arch', 'digest', 'meta', 'vmgenid', 'lock', 'parent']);

/** In the order of their names; undefined for none. */
export function writtenOptions(kind: GuestKind, conf: Unclaimed): Record<string, Json> | undefined {
  const names = conf
    .keys()
    .filter((key) => NAMES[kind].has(key) && !MADE.has(key) && !conf.isClaimedInPart(key))
    .sort();
  const options: Record<string, Json> = {};
  for (const name of names) {
    const value = valueFor(kind, name, conf.peek(name) ?? '');
    if (value === undefined) continue;
    options[name] = value;
    conf.claim(name);
  }
  return Object.keys(options).length === 0 ? undefined : options;
}

/** An object where every part of a property string has its key, so that a person reads what each is. */
function valueFor(kind: GuestKind, name: string, text: string): Json | undefined {
  const keys = keysOfOption(PROXMOX_KIND[kind], name);
  const parts = text.split(',');
  if (keys === undefined || !parts.every((part) => /^[a-z0-9_-]+=/i.test(part))) return plainly(text);
  const { uuid: _, ...properties } = { ...parseProperties(text) };
  // The serial number of a machine is its own.
  const own = name === 'smbios1' ? properties : { ...parseProperties(text) };
  const known = Object.entries(own).every(([key]) => Object.hasOwn(keys, key));
  if (Object.keys(own).length === 0) return undefined;
  return known ? Object.fromEntries(Object.entries(own).map(([key, value]) => [key, plainly(value)])) : text;
}

/** What a number stands for reads as one, where it would be written the same again. */
function plainly(text: string): Json {
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}
