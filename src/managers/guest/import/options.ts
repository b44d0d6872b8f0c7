// Imports settings that no field covers, by Proxmox's own names. It is the last importer, and takes what the others left and `options` may hold.

import type { Json } from '../../../model/json.ts';
import { keysOfOption } from '../../../proxmox/guests/guest-options.ts';
import { PROXMOX_KIND } from '../options/option.ts';
import { optionNames } from '../options/shape.ts';
import { parseProperties } from '../proxmox/property-string.ts';
import type { GuestKind } from '../settings/setting.ts';
import { isGenerated, withoutGeneratedUuid } from './generated.ts';
import type { Unclaimed } from './unclaimed.ts';

const NAMES = { lxc: new Set(optionNames('lxc')), vm: new Set(optionNames('vm')) };

/** Sorted by name; undefined for none. */
export function writtenOptions(kind: GuestKind, conf: Unclaimed): Record<string, Json> | undefined {
  const names = conf
    .keys()
    .filter(
      (key) => NAMES[kind].has(key) && !isGenerated(kind, key, conf.peek(key) ?? '') && !conf.isClaimedInPart(key),
    )
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

/** An object where every part of a property string has its key, so that a person can read what each means. */
function valueFor(kind: GuestKind, name: string, text: string): Json | undefined {
  const keys = keysOfOption(PROXMOX_KIND[kind], name);
  const parts = text.split(',');
  if (keys === undefined || !parts.every((part) => /^[a-z0-9_-]+=/i.test(part))) return plainly(text);
  const properties = { ...parseProperties(text) };
  const own = name === 'smbios1' ? withoutGeneratedUuid(properties) : properties;
  const known = Object.entries(own).every(([key]) => Object.hasOwn(keys, key));
  if (Object.keys(own).length === 0) return undefined;
  return known ? Object.fromEntries(Object.entries(own).map(([key, value]) => [key, plainly(value)])) : text;
}

/** A number where writing it gives the same text again. */
export function plainly(text: string): Json {
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}
