// Lists where a guest's settings differ from the declaration, field by field: by the same comparison that decides what is set, under the file's name
// where a setting has a field, else under Proxmox's.

import type { Json } from '../../../model/json.ts';
import type { FieldDifference } from '../../../model/run.ts';
import type { GuestConf, Settings } from '../proxmox/conf.ts';
import { normalFlag, parseProperties } from '../proxmox/property-string.ts';
import { type DesiredSetting, unmetSettings } from '../proxmox/settings.ts';
import { bareOf, type GuestKind } from './setting.ts';
import { settingsOf } from './values.ts';

/** Options whose values are never shown, since people put passwords into them. */
const HIDES_VALUES = ['cipassword', 'env'];

/** Keys of an interface's property string whose field has another name. */
const OF_INTERFACE: Readonly<Record<string, string>> = { tag: 'vlan', hwaddr: 'mac_address' };

/** @param spec gives the type of each field */
export function settingDifferences(
  kind: GuestKind,
  conf: GuestConf,
  desired: (settings: Settings) => readonly DesiredSetting[],
  spec: object,
): FieldDifference[] {
  const { later, unmet, inForce } = unmetSettings(kind === 'lxc' ? 'lxc' : 'qemu', conf, desired);
  const known = new Set(unmet.map(({ key }) => key));
  // A pending setting counts as different until the restart, where there is to be one.
  const waiting = inForce.filter(({ key, isOverdue }) => !known.has(key) && isOverdue?.(conf.settings[key]) !== true);
  return [
    ...unmet.flatMap((setting) => {
      const unread = conf.pending[setting.key] === undefined ? conf.unreadable[setting.key] : undefined;
      if (unread !== undefined) return [unreadDifference(kind, setting, later[setting.key], unread)];
      return differencesOf(kind, setting, later[setting.key], spec);
    }),
    ...waiting.flatMap((setting) => differencesOf(kind, setting, conf.settings[setting.key], spec)),
  ];
}

function differencesOf(
  kind: GuestKind,
  setting: DesiredSetting,
  now: string | undefined,
  spec: object,
): FieldDifference[] {
  const { key, label, value } = setting;
  if (HIDES_VALUES.includes(key)) return [{ field: label, declared: HIDDEN_TEXT, observed: HIDDEN_TEXT }];
  const then = value(now);
  const named = settingsOf(kind).filter(([, one]) => one.option === key);
  const plain = named.find(([, one]) => one.key === undefined);
  if (plain !== undefined) {
    const typed = (text: string | null | undefined) => typedAs(spec, plain[0], text);
    return [{ field: plain[0], declared: typed(then), observed: typed(now) }];
  }
  const isWhole = now === undefined || then === null;
  if (named.length === 0 && (isWhole || !/^(net|ipconfig)\d+$|^features$/.test(key)))
    return [{ field: label, declared: then, observed: now ?? null }];
  const [first] = named;
  const bare = first === undefined ? '' : bareOf(kind, first[1]);
  const [wanted, present] = [parseProperties(then ?? '', bare), parseProperties(now ?? '', bare)];
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(present)])];
  return names.flatMap((name): FieldDifference[] => {
    const field = named.find(([, one]) => one.key === name)?.[0];
    const typed = (text: string | undefined) => (field === undefined ? (text ?? null) : typedAs(spec, field, text));
    const [declared, observed] = [typed(wanted[name]), typed(present[name])];
    if (declared === observed) return [];
    return [{ field: field ?? `${placeOf(key, label)}.${OF_INTERFACE[name] ?? name}`, declared, observed }];
  });
}

/** A line that Proxmox cannot read, which is written anew: both as Proxmox's text. @param kept what of it is right */
function unreadDifference(
  kind: GuestKind,
  { key, label, value }: DesiredSetting,
  kept: string | undefined,
  unread: string,
): FieldDifference {
  const [field] = settingsOf(kind).find(([, one]) => one.option === key && one.key === undefined) ?? [];
  const name = field ?? placeOf(key, label);
  if (HIDES_VALUES.includes(key)) return { field: name, declared: HIDDEN_TEXT, observed: HIDDEN_TEXT };
  return { field: name, declared: value(kept), observed: `${unread} (which Proxmox cannot read)` };
}

const HIDDEN_TEXT = 'not shown';

function placeOf(key: string, label: string): string {
  return key === 'net0' || key === 'ipconfig0' ? 'network_config' : label;
}

/** Proxmox's text as a value of the field's type. */
function typedAs(spec: object, field: string, text: string | null | undefined): Json {
  if (text == null) return null;
  const like = (spec as Readonly<Record<string, unknown>>)[field];
  if (typeof like === 'boolean') return /^[01]$/.test(normalFlag(text)) ? normalFlag(text) === '1' : text;
  return typeof like === 'number' && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
