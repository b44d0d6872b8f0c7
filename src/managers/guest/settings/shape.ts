// Turns the settings of a kind into fields of its schema.

import type { z } from 'zod';
import { type GuestKind, placesOf } from './setting.ts';
import type { SETTINGS } from './settings.ts';
import { type SettingName, settingsOf } from './values.ts';

type Checked<Name extends keyof typeof SETTINGS> = ReturnType<(typeof SETTINGS)[Name]['check']>;

type Shape<Kind extends GuestKind> = { [Name in SettingName<Kind>]: z.ZodOptional<Checked<Name>> };

type DefaultsShape = {
  [Name in keyof typeof SETTINGS as 'inDefaults' extends keyof (typeof SETTINGS)[Name] ? Name : never]: z.ZodOptional<
    Checked<Name>
  >;
};

/** Each field is checked against Proxmox's own table and has a description; a required one is not optional. */
export function settingShape<Kind extends GuestKind>(kind: Kind): Shape<Kind> {
  const fields = settingsOf(kind).flatMap(([name, one]) => {
    const ways = one[kind];
    if (ways === undefined) return [];
    const checked = one.check(placesOf(one, kind));
    const field =
      ways.whenAbsent === undefined
        ? checked.describe(ways.describes)
        : checked.optional().describe(`${ways.describes} Default: ${ways.whenAbsent}.`);
    return [[name, field] as const];
  });
  return Object.fromEntries(fields) as Shape<Kind>;
}

/** Reports a setting whose required other setting is missing. */
export function settingsNeeded(kind: GuestKind) {
  return ({ value, issues }: { readonly value: unknown; readonly issues: z.core.$ZodRawIssue[] }): void => {
    const entry = value as Readonly<Record<string, unknown>>;
    for (const [name, { needs }] of settingsOf(kind)) {
      if (needs === undefined || entry[name] === undefined || entry[needs] !== undefined) continue;
      issues.push({ code: 'custom', path: [name], input: value, message: `must stand beside "${needs}"; write both` });
    }
  };
}

/** Fields of `vm_defaults`. */
export function defaultsShape(): DefaultsShape {
  const fields = settingsOf('vm').flatMap(([name, one]) => {
    if (one.inDefaults === undefined || one.vm === undefined) return [];
    const says = `${one.vm.describes} Default: ${one.vm.made} for a new VM; one that exists keeps its own.`;
    return [[name, one.check(placesOf(one, 'vm')).optional().describe(says)] as const];
  });
  return Object.fromEntries(fields) as DefaultsShape;
}
