// What a change of a guest's options costs, by Proxmox's own rules.

import { hotplugFeatures, waitsForStart } from '../../../proxmox/guest-options.ts';
import type { GuestKind } from '../settings/setting.ts';
import { type GuestOptions, PROXMOX_KIND } from './option.ts';

/**
 * Whether a change waits for the next start of a guest that runs. `hotplug` and `ostype` count as they are declared before the change:
 * what the VM has where nobody declares them is not known from the files.
 */
export function optionsWait(kind: GuestKind, before: GuestOptions, after: GuestOptions): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const text = (name: string): string | undefined => {
    const value = before[name];
    return typeof value === 'string' ? value : undefined;
  };
  const settings = {
    ostype: text('ostype') ?? 'l26',
    hotplug: text('hotplug') ?? hotplugFeatures(undefined).join(','),
  };
  return [...names].some(
    (name) =>
      JSON.stringify(before[name]) !== JSON.stringify(after[name]) &&
      waitsForStart(PROXMOX_KIND[kind], name, before[name] === undefined, settings),
  );
}
