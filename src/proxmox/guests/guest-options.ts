// Facts about guest options beyond their schemas: which are numbered, which keys are generated, and which are undeclared property strings.

import { configOption, configOptions, propertiesOf, type Schema } from '../parameters/table.ts';

export type OptionsOf = 'lxc' | 'qemu';

/** `net3` becomes `net`, but `rng0`, whose number is part of its name, is unchanged. */
export function stemOf(kind: OptionsOf, option: string): string {
  const stem = option.replace(/\d+$/, '');
  return stem !== option && numbered(kind).has(stem) ? stem : option;
}

function numbered(kind: OptionsOf): ReadonlySet<string> {
  const known =
    NUMBERED[kind] ?? new Set(configOptions(kind).flatMap((name) => (name.endsWith('[n]') ? [name.slice(0, -3)] : [])));
  NUMBERED[kind] = known;
  return known;
}

const NUMBERED: Partial<Record<OptionsOf, ReadonlySet<string>>> = {};

const HOTPLUG_FEATURES = ['network', 'disk', 'usb'];

/** Features enabled by a `hotplug` value; `1` and unset are Proxmox's default. (qemu-server, PVE/QemuServer/Helpers.pm, parse_hotplug_features) */
export function hotplugFeatures(value: string | undefined): readonly string[] {
  const text = value?.trim() ?? '';
  if (text === '' || text === '1') return HOTPLUG_FEATURES;
  return text === '0' ? [] : text.split(/[,;\s]+/).filter((feature) => feature !== '');
}

/** Keys that Proxmox generates if unset, by option without number. */
const GENERATED: Readonly<Record<OptionsOf, Readonly<Record<string, readonly string[]>>>> = {
  lxc: { net: ['hwaddr', 'type', 'host-managed'] },
  qemu: { net: ['macaddr'], smbios1: ['uuid'] },
};

export function generatedKeys(kind: OptionsOf, option: string): readonly string[] {
  return GENERATED[kind][stemOf(kind, option)] ?? [];
}

/** Property strings without a schema (pve-common, PVE/JSONSchema.pm, parse_startup_order). */
const STARTUP: Readonly<Record<string, Schema>> = {
  order: { type: 'integer', optional: 1, minimum: 0, default_key: 1 },
  up: { type: 'integer', optional: 1, minimum: 0 },
  down: { type: 'integer', optional: 1, minimum: 0 },
};

const STARTUP_FORMAT = 'pve-startup-order';

/** Keys of a property string option with their schemas; undefined for other options. */
export function keysOfOption(kind: OptionsOf, option: string): Readonly<Record<string, Schema>> | undefined {
  const format = configOption(kind, option)?.format;
  if (format === undefined) return undefined;
  return format === STARTUP_FORMAT ? STARTUP : propertiesOf(format);
}

/** The default key of a property string, whose name may be omitted. */
export function bareKeyOf(kind: OptionsOf, option: string): string | undefined {
  const keys = keysOfOption(kind, option) ?? {};
  return Object.keys(keys).find((key) => keys[key]?.default_key);
}

const KINDS = ['lxc', 'qemu'] as const;
type NumberForms = Readonly<Record<'integer' | 'number', RegExp>>;

/** How Proxmox writes and reads the number of an option in a guest's file. (qemu-server, PVE/QemuServer.pm, and pve-container, PVE/LXC/Config.pm, check_type) */
export const NUMBERS_IN_FILE: NumberForms = { integer: /^\d+$/, number: /^\d+(\.\d+)?$/ };
/** The same in a property string. (pve-common, PVE/JSONSchema.pm, check_type) */
const IN_PROPERTIES: NumberForms = {
  integer: /^[+-]?\d+$/,
  number: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
};

/** The narrower form where the kinds of guests differ; null where one of them has no number there. */
function formOf(types: readonly (string | undefined)[], forms: NumberForms): RegExp | null {
  if (types.length === 0 || types.some((type) => type !== 'integer' && type !== 'number')) return null;
  return types.includes('integer') ? forms.integer : forms.number;
}

/** The spellings that Proxmox takes for an option that is a number, such as `02`; null for other options. Any other text is no value: its line is dropped. */
export function numberOf(option: string): RegExp | null {
  const types = KINDS.flatMap((kind) => configOption(kind, option)?.type ?? []);
  return formOf(types, NUMBERS_IN_FILE);
}

/** The same for a key of a property string option. With any other text the whole option is dropped. */
export function numberIn(option: string, key: string): RegExp | null {
  const types = KINDS.flatMap((kind) => keysOfOption(kind, option)?.[key]?.type ?? []);
  return formOf(types, IN_PROPERTIES);
}
