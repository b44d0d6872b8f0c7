// Options that are declared by Proxmox's own names, in `options` of a guest: everything that Phoenix has no field for.

import type { OptionsOf } from '../../../proxmox/guests/guest-options.ts';
import type { GuestKind } from '../settings/setting.ts';

/** Values as texts. A text is the whole value; an object declares only its keys, and the guest's other keys stay. */
export type OptionValue = string | { readonly [key: string]: string };

/** By option name, sorted. */
export type GuestOptions = { readonly [option: string]: OptionValue };

export const PROXMOX_KIND: Readonly<Record<GuestKind, OptionsOf>> = { lxc: 'lxc', vm: 'qemu' };

/** As an argument of Proxmox's programs. */
export function optionText(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}

export function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Normalises options that the schema accepted. */
export function normaliseOptions(written: Readonly<Record<string, unknown>> | undefined): GuestOptions {
  return sorted(written ?? {}, (value) =>
    isPlain(value)
      ? optionText(value)
      : sorted(value as object, (part) => (isPlain(part) ? optionText(part) : undefined)),
  );
}

function sorted<Value>(written: object, of: (value: unknown) => Value | undefined): { readonly [key: string]: Value } {
  const entries = Object.entries(written).flatMap(([key, value]): [string, Value][] => {
    const known = of(value);
    return known === undefined ? [] : [[key, known]];
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
