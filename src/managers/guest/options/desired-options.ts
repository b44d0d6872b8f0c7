// Turns the declared options of a guest into desired settings, combined with those of the guest's fields.

import { generatedKeys, keysOfOption } from '../../../proxmox/guests/guest-options.ts';
import { isVersionOf } from '../../../proxmox/guests/machine-types.ts';
import { meaningOf, meaningOfProperties, printOption, readOption } from '../../../proxmox/guests/option-meaning.ts';
import type { DesiredSetting, Earlier } from '../proxmox/settings.ts';
import type { GuestKind } from '../settings/setting.ts';
import { type GuestOptions, type OptionValue, PROXMOX_KIND } from './option.ts';

type Properties = Record<string, string>;

/**
 * Merges the settings of fields and options: an option overrides what a field would set where nothing is declared, and is combined with a field that
 * sets other keys of the same property string.
 */
export function withOptions(
  kind: GuestKind,
  fields: readonly DesiredSetting[],
  options: GuestOptions,
  { before, fresh }: Earlier<{ readonly options?: GuestOptions }>,
): DesiredSetting[] {
  const earlier = before?.options ?? {};
  const names = new Set([...Object.keys(options), ...Object.keys(earlier)]);
  const own = [...names].flatMap((option): DesiredSetting[] => {
    const declared = options[option];
    const field = fields.find(({ key }) => key === option);
    if (declared === undefined && field !== undefined) return [];
    return [desiredOption({ kind, option, declared, before: earlier[option], fresh, field })];
  });
  const taken = new Set(own.map(({ key }) => key));
  return [...fields.filter(({ key }) => !taken.has(key)), ...own];
}

interface Declared {
  readonly kind: GuestKind;
  readonly option: string;
  /** Undefined: no longer declared. */
  readonly declared: OptionValue | undefined;
  /** The value that was applied last. */
  readonly before: OptionValue | undefined;
  readonly fresh: boolean;
  /** The setting that the guest's fields give for the same option. */
  readonly field: DesiredSetting | undefined;
}

function desiredOption(one: Declared): DesiredSetting {
  const { kind, option, declared, field } = one;
  const of = PROXMOX_KIND[kind];
  const value = (now: string | undefined): string | null => {
    const base = field === undefined || typeof declared !== 'object' ? now : (field.value(now) ?? undefined);
    return declared === undefined ? remaining(one, base) : edited(one, declared, base);
  };
  return {
    key: option,
    label: option,
    shown: declared === undefined ? 'none' : shownValue(declared),
    value,
    same: (now) =>
      meaningOf(of, option, now) === meaningOf(of, option, value(now) ?? undefined) ||
      isGenerated(option, declared, now) ||
      (declared !== undefined && option === 'machine' && isPinned(declared, now)),
  };
}

/** Whether Proxmox replaced the declared value by a generated one, as for `vmgenid 1`. */
function isGenerated(option: string, declared: OptionValue | undefined, now: string | undefined): boolean {
  return option === 'vmgenid' && declared === '1' && now !== undefined && now !== '0';
}

/** Whether the present machine type is the declared one with the version that Proxmox pinned. */
function isPinned(declared: OptionValue, now: string | undefined): boolean {
  const [wanted, present] = [
    typeof declared === 'string' ? (readOption('qemu', 'machine', declared) ?? {}) : declared,
    now,
  ];
  const { type = '', ...others } = (present === undefined ? undefined : readOption('qemu', 'machine', present)) ?? {};
  const { type: family = '', ...rest } = wanted;
  if (!isVersionOf(family, type)) return false;
  const kept = typeof declared === 'string' ? {} : others;
  return (
    meaningOfProperties('qemu', 'machine', others) === meaningOfProperties('qemu', 'machine', { ...kept, ...rest })
  );
}

function shownValue(value: OptionValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([key, part]) => `${key}=${part}`)
    .join(',');
}

/** The value to send to Proxmox: an object changes only its own keys, a text replaces everything but what Proxmox fills in. */
function edited(one: Declared, declared: OptionValue, now: string | undefined): string {
  const { kind, option } = one;
  const of = PROXMOX_KIND[kind];
  const present = (now === undefined ? undefined : readOption(of, option, now)) ?? {};
  const generated = generatedKeys(of, option);
  const kept = only(present, (key) => generated.includes(key));
  if (typeof declared === 'string') {
    const wanted = readOption(of, option, declared);
    const missing = wanted === undefined ? {} : only(kept, (key) => wanted[key] === undefined);
    return wanted === undefined || Object.keys(missing).length === 0
      ? declared
      : printOption(of, option, { ...wanted, ...missing });
  }
  const gone = goneKeys(one, declared);
  const said = Object.keys(canonical(one, declared));
  const stays = one.fresh && one.field === undefined ? kept : only(present, (key) => !gone.includes(key));
  const wanted = { ...only(stays, (key) => !said.includes(key)), ...declared };
  const meaning = meaningOfProperties(of, option, canonical(one, wanted));
  if (meaningOfProperties(of, option, present) === meaning && now !== undefined) return now;
  return printOption(of, option, wanted);
}

/** What remains of an option that is no longer declared: values that others set; null: nothing, so that the option is deleted. */
function remaining(one: Declared, now: string | undefined): string | null {
  const { kind, option, before } = one;
  const of = PROXMOX_KIND[kind];
  if (now === undefined || typeof before !== 'object') return null;
  const gone = goneKeys(one, {});
  const left = only(readOption(of, option, now) ?? {}, (key) => !gone.includes(key));
  const schemas = keysOfOption(of, option) ?? {};
  const lacks = Object.keys(schemas).some(
    (key) => !schemas[key]?.optional && schemas[key]?.alias === undefined && left[key] === undefined,
  );
  const isOthers = Object.keys(left).some((key) => !generatedKeys(of, option).includes(key));
  return lacks || !isOthers ? null : printOption(of, option, left);
}

/** Keys that are no longer declared; a text declared all of its keys. */
function goneKeys(
  { kind, option, before }: Pick<Declared, 'kind' | 'option' | 'before'>,
  declared: Readonly<Record<string, string>>,
): string[] {
  if (before === undefined) return [];
  const earlier = typeof before === 'string' ? (readOption(PROXMOX_KIND[kind], option, before) ?? {}) : before;
  const said = canonical({ kind, option }, declared);
  return Object.keys(canonical({ kind, option }, earlier)).filter((key) => said[key] === undefined);
}

/** The properties with each older name of a key replaced by its present one, as Proxmox reads them. */
function canonical({ kind, option }: Pick<Declared, 'kind' | 'option'>, properties: Properties): Properties {
  const schemas = keysOfOption(PROXMOX_KIND[kind], option) ?? {};
  const isName = (key: string | undefined): key is string => key !== undefined && Object.hasOwn(schemas, key);
  const named = Object.entries(properties).map(([key, value]): [string, string] => {
    const alias = schemas[key]?.alias;
    return [isName(alias) ? alias : key, value];
  });
  return Object.fromEntries(named);
}

function only(properties: Readonly<Record<string, string>>, isWanted: (key: string) => boolean): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => isWanted(key)));
}
