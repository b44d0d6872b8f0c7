// Turns the settings of a guest into desired settings of Proxmox's options.

import type { Properties } from '../proxmox/property-string.ts';
import { plainSetting, propertySetting } from '../proxmox/setting-edits.ts';
import type { DesiredSetting, Earlier } from '../proxmox/settings.ts';
import { bareOf, type GuestKind, type Setting, type SettingValue, settingText } from './setting.ts';
import { settingsOf } from './values.ts';

type Values = Readonly<Partial<Record<string, unknown>>>;
type Named = readonly [name: string, one: Setting<SettingValue>];

/** One desired setting for each option, in the order of the declarations. */
export function desiredSettings(kind: GuestKind, spec: object, { before, fresh }: Earlier<object>): DesiredSetting[] {
  const [now, then] = [spec as Values, before as Values | undefined];
  const byOption = Map.groupBy(settingsOf(kind), ([, { option }]) => option);
  return [...byOption].flatMap(([key, [first, ...others]]): DesiredSetting[] => {
    if (first === undefined) return [];
    const [name, one] = first;
    const common = { key, label: one.label, fresh: fresh && one.isRetainedByClones !== true };
    if (one.key !== undefined) return keyedSetting(kind, [first, ...others], now, then, common);
    const value = now[name] as SettingValue | null;
    const absent = one[kind]?.absent;
    return plainSetting({
      ...common,
      declared: value === null ? null : settingText(one, value),
      before: then?.[name] == null ? null : settingText(one, then[name] as SettingValue),
      shown: value === null ? 'that of Proxmox' : displayValue(one, value),
      ...(one.normal === undefined ? {} : { normal: one.normal }),
      ...(absent === undefined ? {} : { absent }),
    });
  });
}

/** Settings that share one property string. */
function keyedSetting(
  kind: GuestKind,
  keyed: readonly Named[],
  now: Values,
  then: Values | undefined,
  common: Pick<DesiredSetting, 'key' | 'label'> & { readonly fresh: boolean },
): DesiredSetting[] {
  const byKey = new Map(keyed.map(([, one]) => [one.key ?? '', one]));
  const [declared, before] = [propertiesOf(keyed, now), then === undefined ? undefined : propertiesOf(keyed, then)];
  const leading = keyed.find(([, { key }]) =>
    keyed.some(([, other]) => other.needs !== undefined && key !== other.key),
  );
  return propertySetting({
    ...common,
    declared,
    before,
    bare: bareOf(kind, { option: common.key }),
    absent: Object.fromEntries(keyed.map(([, one]) => [one.key ?? '', one[kind]?.absent ?? ''])),
    lists: keyed.flatMap(([name, { key = '' }]) =>
      Array.isArray(now[name]) || Array.isArray(then?.[name]) ? [key] : [],
    ),
    isMet: (key, wanted, present) => present !== undefined && byKey.get(key)?.isMet?.(wanted, present) === true,
    // Without the setting that they need, these keys have no meaning, and Proxmox refuses some.
    alsoRemoved: (present, wanted) => {
      const lead = leading?.[1].key;
      const isGone = lead !== undefined && before?.[lead] !== undefined && wanted[lead] === undefined;
      return isGone ? Object.keys(present) : [];
    },
  });
}

function propertiesOf(settings: readonly Named[], values: Values): Properties {
  return Object.fromEntries(
    settings.flatMap(([name, one]) =>
      values[name] == null ? [] : [[one.key ?? '', settingText(one, values[name] as SettingValue)]],
    ),
  );
}

/** The value with its unit, for display. */
function displayValue({ unit }: Setting<SettingValue>, value: SettingValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'object') return value.join(', ');
  return unit === undefined ? String(value) : `${value} ${unit}`;
}
