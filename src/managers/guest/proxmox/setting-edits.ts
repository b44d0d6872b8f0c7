// Builds desired settings as edits of the present value: single values, property strings and lists.

import { numberIn, numberOf } from '../../../proxmox/guests/guest-options.ts';
import { editProperties, type Properties, parseProperties, printProperties, sameNumber } from './property-string.ts';
import type { DesiredSetting } from './settings.ts';

/** A setting with a single value. */
export interface PlainSetting {
  readonly key: string;
  readonly label: string;
  readonly declared: string | null;
  /** The value that was applied last. */
  readonly before: string | null | undefined;
  readonly fresh: boolean;
  readonly waits?: boolean;
  /** The displayed value. Default: the declared one. */
  readonly shown?: string;
  /** The canonical form for comparison. Default: the text itself. */
  readonly normal?: (value: string) => string;
  /** The default of an absent setting. */
  readonly absent?: string;
}

/** Empty where it neither is nor was declared: then Phoenix does not manage it. */
export function plainSetting(setting: PlainSetting): DesiredSetting[] {
  const { key, label, declared, before, fresh, normal = (value) => value, absent } = setting;
  if (declared === null && !fresh && before == null) return [];
  const means = (value: string | undefined): string | null => (value === undefined ? null : normal(value));
  const isDeclared = (now: string | undefined, wanted: string): boolean =>
    means(now) === normal(wanted) || (now !== undefined && sameNumber(now, wanted, numberOf(key)));
  return [
    {
      key,
      label,
      shown: setting.shown ?? declared ?? 'none',
      value: () => declared,
      same: (now) =>
        declared === null ? now === undefined || normal(now) === normal('') : isDeclared(now ?? absent, declared),
      ...waitsOption(setting.waits),
    },
  ];
}

/** A setting that is a property string. */
export interface PropertySetting {
  readonly key: string;
  readonly label: string;
  readonly declared: Properties;
  readonly before: Properties | undefined;
  readonly fresh: boolean;
  readonly waits?: boolean;
  readonly shown?: string;
  /** The default key, which may be written without its name. */
  readonly bare?: string;
  readonly absent?: Properties;
  /** Whether a key is set by Proxmox or cannot be declared, so that it stays on a fresh clone too. */
  readonly isRetained?: (key: string) => boolean;
  /** Keys whose values are lists with individually declared elements. */
  readonly lists?: readonly string[];
  /** Further keys to remove, given the declared ones. */
  readonly alsoRemoved?: (now: Properties, declared: Properties) => readonly string[];
  /** Values for keys that are no longer declared but that the setting cannot be without. */
  readonly required?: Properties;
  /** Whether the present value satisfies the declared one although they differ. */
  readonly isMet?: (key: string, declared: string, now: string | undefined) => boolean;
  /** The value to send where nothing is set yet. Default: the declared one. */
  readonly whole?: string;
}

/** Edits key by key: declared keys are set, keys that are no longer declared are removed. */
export function propertySetting(setting: PropertySetting): DesiredSetting[] {
  const { key, label, declared, before = {}, fresh } = setting;
  const gone = Object.keys(before).filter((name) => !(name in declared));
  if (Object.keys(declared).length === 0 && gone.length === 0 && !fresh) return [];
  const edited = (text: string): string => editedString(setting, gone, text);
  const whole = setting.whole ?? printProperties(declared);
  return [
    {
      key,
      label,
      shown: setting.shown ?? (whole || 'none'),
      value: (now) => (now === undefined ? whole : edited(now)) || null,
      same: (now) => edited(now ?? '') === (now ?? ''),
      ...waitsOption(setting.waits),
    },
  ];
}

/** The present property string as it should be. @param gone keys that are no longer declared */
function editedString(setting: PropertySetting, gone: readonly string[], text: string): string {
  const { bare, absent } = setting;
  const now = parseProperties(text, bare);
  const set = keysToSet(setting, gone, now);
  const remove = keysToRemove(setting, gone, now);
  for (const [name, parts] of mergedLists(setting, now)) {
    if (parts.length === 0) remove.add(name);
    else set[name] = parts.join(';');
  }
  return editProperties(text, {
    set,
    remove: [...remove],
    ...(bare === undefined ? {} : { bare }),
    ...(absent === undefined ? {} : { absent }),
    numberIn: (name) => numberIn(setting.key, name),
  });
}

/** The declared keys that the present value does not satisfy, and those that are no longer declared but have to stay. */
function keysToSet(setting: PropertySetting, gone: readonly string[], now: Properties): Record<string, string> {
  const isMet = ([name, value]: [string, string]) => setting.isMet?.(name, value, now[name]) === true;
  const set = Object.fromEntries(Object.entries(setting.declared).filter((one) => !isMet(one)));
  for (const name of gone) if (name in now && setting.required?.[name]) set[name] = setting.required[name];
  return set;
}

function keysToRemove(setting: PropertySetting, gone: readonly string[], now: Properties): Set<string> {
  const notRetained = Object.keys(now).filter((name) => setting.isRetained?.(name) !== true);
  const further = setting.alsoRemoved?.(now, setting.declared) ?? [];
  return new Set([...gone, ...further, ...(setting.fresh ? notRetained : [])]);
}

/** The keys whose values are lists, with the elements that they should have. */
function mergedLists({ declared, before = {}, fresh, lists = [] }: PropertySetting, now: Properties) {
  return lists.map((name) => {
    const parts = mergeList(splitNames(now[name]), splitNames(declared[name]), splitNames(before[name]), fresh);
    return [name, parts] as const;
  });
}

function waitsOption(waits: boolean | undefined): Pick<DesiredSetting, 'waits'> {
  return waits === undefined ? {} : { waits };
}

function splitNames(list: string | undefined): string[] {
  return (list ?? '').split(';').filter((part) => part !== '');
}

/** The present list, without elements that are no longer declared, plus declared elements that are missing. */
export function mergeList(
  now: readonly string[],
  declared: readonly string[],
  before: readonly string[],
  fresh: boolean,
  normal: (part: string) => string = (part) => part,
): string[] {
  const wanted = new Set(declared.map(normal));
  const earlier = new Set(before.map(normal));
  const kept = now.filter((part) => wanted.has(normal(part)) || !(fresh || earlier.has(normal(part))));
  const present = new Set(kept.map(normal));
  return [...kept, ...declared.filter((part) => !present.has(normal(part)))];
}
