// The impact of changed settings, whether declared by fields or options: by Proxmox's own rules for each option.

import { hotplugFeatures } from '../../../proxmox/guests/guest-options.ts';
import { effectOf } from '../../../proxmox/guests/option-effects.ts';
import { printOption } from '../../../proxmox/guests/option-meaning.ts';
import { type GuestOptions, PROXMOX_KIND } from '../options/option.ts';
import type { GuestKind } from './setting.ts';
import { optionTexts } from './values.ts';

type Declared = object & { readonly options: GuestOptions };

/**
 * The declared `hotplug` and `ostype`, on which Proxmox's rules for other options depend. What the VM has where they are undeclared is not known from
 * the files.
 */
export function decidingSettings(
  kind: GuestKind,
  spec: Declared,
): { readonly ostype: string; readonly hotplug: string } {
  const texts = textsOf(kind, spec);
  return {
    ostype: texts.get('ostype') ?? 'l26',
    hotplug: texts.get('hotplug') ?? hotplugFeatures(undefined).join(','),
  };
}

/** Whether the change takes effect only at the next start of a running guest. */
export function settingsWait(kind: GuestKind, before: Declared, after: Declared): boolean {
  const of = PROXMOX_KIND[kind];
  const [old, now] = [textsOf(kind, before), textsOf(kind, after)];
  const settings = decidingSettings(kind, before);
  return [...new Set([...old.keys(), ...now.keys()])].some((name) => {
    const change = { before: old.get(name), after: now.get(name) };
    return change.before !== change.after && effectOf(of, name, change, settings) === 'next start';
  });
}

function textsOf(kind: GuestKind, spec: Declared): ReadonlyMap<string, string> {
  const options = Object.entries(spec.options).map(
    ([name, value]) =>
      [name, typeof value === 'object' ? printOption(PROXMOX_KIND[kind], name, value) : value] as const,
  );
  return new Map([...optionTexts(kind, spec), ...options]);
}
