// The declared options of a guest as settings that Proxmox should have, on top of what the guest's fields make of them.

import { generatedKeys, keysOfOption } from '../../../proxmox/guest-options.ts';
import { isVersionOf } from '../../../proxmox/machine-types.ts';
import { meaningOf, meaningOfProperties, printOption, readOption } from '../../../proxmox/option-meaning.ts';
import type { DesiredSetting, Earlier } from '../proxmox/settings.ts';
import type { GuestKind } from '../settings/setting.ts';
import { type GuestOptions, type OptionValue, PROXMOX_KIND } from './option.ts';

type Properties = Record<string, string>;

/**
 * The settings of the fields with those of the options: an option goes before what a field would set where nothing is declared, and
 * joins what a field sets in other keys of the same property string.
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
  /** Undefined: no more. */
  readonly declared: OptionValue | undefined;
  /** As it was last applied. */
  readonly before: OptionValue | undefined;
  readonly fresh: boolean;
  /** What the guest's fields make of the same option. */
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

/** `vmgenid 1` asks Proxmox for an id of its own, which is what is found then. */
function isGenerated(option: string, declared: OptionValue | undefined, now: string | undefined): boolean {
  return option === 'vmgenid' && declared === '1' && now !== undefined && now !== '0';
}

/** The version of a type of machine that Proxmox wrote for what was declared. */
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

/** The value that Proxmox is sent: an object changes its own keys, a text is the whole but for what Proxmox fills in. */
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
  const stays = one.fresh && one.field === undefined ? kept : only(present, (key) => !gone.includes(key));
  const wanted = { ...stays, ...declared };
  if (meaningOfProperties(of, option, present) === meaningOfProperties(of, option, wanted) && now !== undefined)
    return now;
  return printOption(of, option, wanted);
}

/** What is left of an option that is not declared any more: what others said of it; null: nothing, so that it goes. */
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

/** Keys that were declared before and are not any more; a text declared all of its own. */
function goneKeys({ kind, option, before }: Declared, declared: Readonly<Record<string, string>>): string[] {
  if (before === undefined) return [];
  const earlier = typeof before === 'string' ? (readOption(PROXMOX_KIND[kind], option, before) ?? {}) : before;
  return Object.keys(earlier).filter((key) => declared[key] === undefined);
}

function only(properties: Readonly<Record<string, string>>, isWanted: (key: string) => boolean): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => isWanted(key)));
}
