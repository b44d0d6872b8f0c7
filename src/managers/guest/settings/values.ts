// The values of one guest's settings, from the written form to configuration and spec, which use the file's names.

import type { z } from 'zod';
import type { Ignorable } from '../../ignorable.ts';
import { type GuestKind, type Setting, type SettingValue, settingText } from './setting.ts';
import { SETTINGS } from './settings.ts';

type Settings = typeof SETTINGS;

export type SettingName<Kind extends GuestKind> = {
  [Name in keyof Settings]: Kind extends keyof Settings[Name] ? Name : never;
}[keyof Settings];

type ValueOf<Name extends keyof Settings> = z.output<ReturnType<Settings[Name]['check']>>;

/** Null: not declared, and therefore not compared. */
export type SettingValues<Kind extends GuestKind> = {
  readonly [Name in SettingName<Kind>]: ValueOf<Name> | null;
};

/** Settings that both kinds have. */
export type SharedSettings = Pick<SettingValues<'lxc'>, SettingName<'lxc'> & SettingName<'vm'>>;

/** Any object that holds some of the settings under their names. */
type Holding<Kind extends GuestKind> = { readonly [Name in SettingName<Kind>]?: ValueOf<Name> | null | undefined };

/** Each setting of a kind with its name. */
export const settingsOf = (kind: GuestKind): readonly (readonly [name: string, setting: Setting<SettingValue>])[] =>
  OF[kind];

const all: readonly (readonly [string, Setting<SettingValue>])[] = Object.entries(SETTINGS);
const OF = {
  lxc: all.filter(([, { lxc }]) => lxc !== undefined),
  vm: all.filter(([, { vm }]) => vm !== undefined),
};

/** Settings that `vm_defaults` may declare. */
export function namesInDefaults(): string[] {
  return OF.vm.flatMap(([name, { inDefaults }]) => (inDefaults === true ? [name] : []));
}

/** The settings of a guest: from its entry, else from its file's defaults. */
export function valuesOf<Kind extends GuestKind>(
  kind: Kind,
  from: Holding<Kind>,
  otherwise: Partial<Holding<Kind>> = {},
): SettingValues<Kind> {
  return made(kind, (name, { inDefaults }) => at(from, name) ?? (inDefaults === true ? at(otherwise, name) : null));
}

/** The settings of a new guest: undeclared ones get their default at creation. */
export function withCreationDefaults<Kind extends GuestKind>(
  kind: Kind,
  from: SettingValues<Kind>,
): SettingValues<Kind> {
  return made(kind, (name, one) => at(from, name) ?? one[kind]?.made);
}

/**
 * The options that a guest's settings become, as they would be sent to a guest that has none of them.
 *
 * @param values any object with settings of the kind under their names
 */
export function optionTexts(kind: GuestKind, values: object): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [name, one] of OF[kind]) {
    const value = at(values, name);
    if (value == null) continue;
    const text = settingText(one, value);
    const before = texts.get(one.option);
    if (one.key === undefined) texts.set(one.option, text);
    else texts.set(one.option, `${before === undefined ? '' : `${before},`}${one.key}=${text}`);
  }
  return texts;
}

function made<Kind extends GuestKind>(
  kind: Kind,
  value: (name: string, one: Setting<SettingValue>) => SettingValue | null | undefined,
): SettingValues<Kind> {
  // The table of declarations guarantees that each name gets a value of its own type.
  return Object.fromEntries(OF[kind].map(([name, one]) => [name, value(name, one) ?? null])) as SettingValues<Kind>;
}

function at(from: object, name: string): SettingValue | null | undefined {
  return (from as Readonly<Record<string, SettingValue | null | undefined>>)[name];
}

/** Settings whose drift may be ignored. */
export function ignorableSettings<Spec extends object>(kind: GuestKind): Ignorable<Spec> {
  return {
    fields: () => OF[kind].map(([name]) => name),
    // Null means undeclared: neither compared nor set.
    without: (spec, fields) => ({
      ...spec,
      ...Object.fromEntries(fields.flatMap((name) => (name in spec ? [[name, null]] : []))),
    }),
  };
}
