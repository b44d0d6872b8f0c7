// Where the settings of a guest are written in the files.

import { host, own, type Places, type Written } from '../../sources.ts';
import type { GuestKind } from './setting.ts';
import { type SettingValues, settingsOf } from './values.ts';

/** Each setting under its own name in the guest's entry, else in the defaults of all VMs where they may have it. */
export function settingPlaces<Kind extends GuestKind>(kind: Kind): Places<SettingValues<Kind>> {
  const places = settingsOf(kind).map(([name, { inDefaults }]): [string, readonly Written[]] => [
    name,
    [own(`/${name}`), ...(kind === 'vm' && inDefaults === true ? vmDefaults(name) : [])],
  ]);
  return Object.fromEntries(places) as Places<SettingValues<Kind>>;
}

/** Defaults of all VMs, in their file or (older shape) in the hypervisor's. */
export function vmDefaults(...fields: readonly string[]): readonly Written[] {
  const at = fields.map((field) => `/vm_defaults/${field}`);
  return [{ in: 'vm', at }, host(...at)];
}
