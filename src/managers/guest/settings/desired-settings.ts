// The settings of a guest as options of Proxmox, compared with those that are set.

import type { Properties } from '../proxmox/property-string.ts';
import { type DesiredSetting, type Earlier, plainSetting, propertySetting } from '../proxmox/settings.ts';
import type { GuestKind, Setting } from './setting.ts';
import { settingsOf } from './values.ts';

type Value = number | boolean | string;
type Values = Readonly<Partial<Record<string, unknown>>>;

/** One for each option, in the order of the declarations. */
export function desiredSettings(kind: GuestKind, spec: object, { before, fresh }: Earlier<object>): DesiredSetting[] {
  const [now, then] = [spec as Values, before as Values | undefined];
  const byOption = Map.groupBy(settingsOf(kind), ([, { option }]) => option);
  return [...byOption].flatMap(([key, [first, ...others]]): DesiredSetting[] => {
    if (first === undefined) return [];
    const [name, one] = first;
    const { label } = one;
    const isWaiting = one[kind]?.cost === 'restart';
    if (one.key !== undefined) {
      const keyed = [first, ...others];
      const absent = Object.fromEntries(keyed.map(([, { key: each = '' }]) => [each, '']));
      const declared = propertiesOf(keyed, now);
      const earlier = then === undefined ? undefined : propertiesOf(keyed, then);
      return propertySetting({ key, label, declared, before: earlier, fresh, waits: isWaiting, bare: one.key, absent });
    }
    const value = now[name] as Value | null;
    const absent = one[kind]?.absent;
    return plainSetting({
      key,
      label,
      declared: value === null ? null : printed(value),
      before: then?.[name] == null ? null : printed(then[name] as Value),
      fresh,
      waits: isWaiting,
      shown: value === null ? 'that of Proxmox' : shown(one, value),
      ...(one.normal === undefined ? {} : { normal: one.normal }),
      ...(absent === undefined ? {} : { absent }),
    });
  });
}

function propertiesOf(settings: readonly (readonly [string, Setting<Value>])[], values: Values): Properties {
  return Object.fromEntries(
    settings.flatMap(([name, { key = '' }]) => (values[name] == null ? [] : [[key, printed(values[name] as Value)]])),
  );
}

/** As Proxmox's programs are told it. */
function printed(value: Value): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}

/** For people. */
function shown({ unit }: Setting<Value>, value: Value): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return unit === undefined ? String(value) : `${value} ${unit}`;
}
