// What a change of a guest's options costs, by Proxmox's own rules.

import { hotplugFeatures } from '../../../proxmox/guest-options.ts';
import { effectOf } from '../../../proxmox/option-effects.ts';
import { printOption } from '../../../proxmox/option-meaning.ts';
import type { GuestKind } from '../settings/setting.ts';
import { type GuestOptions, type OptionValue, PROXMOX_KIND } from './option.ts';

/**
 * Whether a change waits for the next start of a guest that runs. `hotplug` and `ostype` count as they are declared before the change:
 * what the VM has where nobody declares them is not known from the files.
 */
export function optionsWait(kind: GuestKind, before: GuestOptions, after: GuestOptions): boolean {
  const of = PROXMOX_KIND[kind];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const text = (name: string, value: OptionValue | undefined): string | undefined =>
    typeof value === 'object' ? printOption(of, name, value) : value;
  const settings = {
    ostype: text('ostype', before['ostype']) ?? 'l26',
    hotplug: text('hotplug', before['hotplug']) ?? hotplugFeatures(undefined).join(','),
  };
  return [...names].some((name) => {
    const change = { before: text(name, before[name]), after: text(name, after[name]) };
    return change.before !== change.after && effectOf(of, name, change, settings) === 'next start';
  });
}
