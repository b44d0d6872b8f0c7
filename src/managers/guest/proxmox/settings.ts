// Compares the settings of a guest with the declared ones, and builds the one command that changes them. A desired setting is an edit of the present
// value: declared values are set, values that are no longer declared are removed, and everything else stays. Where the edit changes nothing, nothing
// is to be done; so the comparison covers exactly what would be set.

import type { Action } from '../../../model/action.ts';
import type { OptionsOf } from '../../../proxmox/guest-options.ts';
import { effectOf } from '../../../proxmox/option-effects.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { OWNER_TAG } from '../observe/notes.ts';
import { action, call, guestName, type Program } from './command.ts';
import { type GuestConf, type Settings, upcoming } from './conf.ts';
import { editProperties, type Properties, parseProperties, printProperties } from './property-string.ts';

/** The desired state of one setting. */
export interface DesiredSetting {
  readonly key: string;
  /** Display name, such as `memory`, and below the displayed value. */
  readonly label: string;
  readonly shown: string;
  /** The value to send to Proxmox, given the present one; null: not set at all. */
  readonly value: (now: string | undefined) => string | null;
  readonly same: (now: string | undefined) => boolean;
  /** Whether a running guest gets the change only at the next start. Absent: by Proxmox's rule for the option. */
  readonly waits?: boolean;
}

/** What decides whether an undeclared value may be removed. */
export interface Earlier<Spec> {
  /** The spec that was applied last; undefined: unknown. */
  readonly before: Spec | undefined;
  /** The guest is new or a fresh clone: nobody has set anything on it, so values from the clone source are removed. */
  readonly fresh: boolean;
}

export interface SettingChanges {
  /** Arguments of `pct set` or `qm set`; empty when nothing is to be set. */
  readonly args: readonly string[];
  readonly labels: readonly string[];
  readonly shown: readonly string[];
  /** Whether something declared takes effect only at the next start. */
  readonly restart: boolean;
}

interface UnmetSettings {
  /** The settings after a restart. */
  readonly later: Settings;
  /** Settings that would still differ after a restart. */
  readonly unmet: readonly DesiredSetting[];
  /** Settings that differ now. */
  readonly inForce: readonly DesiredSetting[];
}

/** `desired` is evaluated twice: for the settings after a restart, and for the current ones. */
export function unmetSettings(
  conf: GuestConf,
  desired: (settings: Settings) => readonly DesiredSetting[],
): UnmetSettings {
  const later = upcoming(conf);
  const unmet = desired(later).filter((wish) => !wish.same(later[wish.key]));
  const inForce = desired(conf.settings).filter((wish) => !wish.same(conf.settings[wish.key]));
  return { later, unmet, inForce };
}

export function compareSettings(
  kind: OptionsOf,
  conf: GuestConf,
  desired: (settings: Settings) => readonly DesiredSetting[],
): SettingChanges {
  const { later, unmet, inForce } = unmetSettings(conf, desired);
  const waiting = new Set([...Object.keys(conf.pending), ...conf.pendingDeletes]);
  const isUnmet = new Set(inForce.map((wish) => wish.key));
  // The current value is right and only the pending one is wrong: revert the pending change. Where it also brings something declared, it stays
  // pending.
  const isReverted = ({ key, value }: DesiredSetting): boolean =>
    waiting.has(key) &&
    !isUnmet.has(key) &&
    (later[key] === undefined || value(later[key]) === (conf.settings[key] ?? null));
  const revert = unmet.filter(isReverted).map((wish) => wish.key);
  const change = unmet.filter((wish) => !revert.includes(wish.key));
  const values = change.map((wish) => [wish.key, wish.value(later[wish.key])] as const);
  const removed = values.filter(([, value]) => value === null).map(([key]) => key);
  const args = values.flatMap(([key, value]) => (value === null ? [] : [`--${key}`, value]));
  if (removed.length > 0) args.push('--delete', removed.join(','));
  if (revert.length > 0) args.push('--revert', revert.join(','));
  return {
    args,
    labels: [...change.map((wish) => wish.label), ...revert],
    shown: change.map((wish) => wish.shown),
    restart: inForce.some((wish) => isForStart(kind, conf, wish) || waiting.has(wish.key)),
  };
}

function isForStart(kind: OptionsOf, { settings }: GuestConf, { key, value, waits }: DesiredSetting): boolean {
  const before = settings[key];
  return waits ?? effectOf(kind, key, { before, after: value(before) ?? undefined }, settings) === 'next start';
}

/** The arguments for creating a guest: all declared settings. */
export function createArgs(desired: readonly DesiredSetting[]): string[] {
  return desired.flatMap((wish) => {
    const value = wish.value(undefined);
    return value === null ? [] : [`--${wish.key}`, value];
  });
}

/** The bridges that these arguments put a guest on; empty where they do not change its interfaces. */
export function bridgesIn(args: readonly string[]): string[] {
  return args.flatMap((word, at) => {
    const bridge = /^--net\d+$/.test(word) ? parseProperties(args[at + 1] ?? '')['bridge'] : undefined;
    return bridge === undefined ? [] : [bridge];
  });
}

/** One command for all changes. */
export function setGuest(
  program: Program,
  id: number,
  changes: SettingChanges,
  notes: string | null,
  running: boolean,
): Action[] {
  const args = [...changes.args, ...(notes === null ? [] : ['--description', notes])];
  if (args.length === 0) return [];
  const { labels, shown } = changes;
  const what = labels.length === 0 ? 'the notes' : labels.join(', ');
  const to = labels.length === 1 && shown[0] ? ` to ${shown[0]}` : '';
  const summary = `set ${what} of ${guestName(program, id)}${to}`;
  const impact = running && changes.restart ? 'restart' : 'live';
  const set = action(summary, impact, call(program, 'set', id, args));
  const keys = running ? keysIn(changes.args) : [];
  // When one of several values fails, it stays in the file as pending, together with those that would have been pending anyway: the next start by
  // anybody would apply them, hence the undo. (qemu-server, PVE/API2/Qemu.pm, update_vm_api)
  return [keys.length === 0 ? set : { ...set, undo: call(program, 'set', id, ['--revert', keys.join(',')]) }];
}

/** The options that these arguments change. */
function keysIn(args: readonly string[]): string[] {
  return args.flatMap((word, at) => {
    if (at % 2 === 1) return [];
    if (word === '--delete') return (args[at + 1] ?? '').split(',');
    return word === '--revert' ? [] : [word.slice('--'.length)];
  });
}

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
  return [
    {
      key,
      label,
      shown: setting.shown ?? declared ?? 'none',
      value: () => declared,
      same: (now) =>
        declared === null ? now === undefined || normal(now) === normal('') : means(now ?? absent) === normal(declared),
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
  const { key, label, declared, before = {}, fresh, bare, absent, lists = [] } = setting;
  const gone = Object.keys(before).filter((name) => !(name in declared));
  if (Object.keys(declared).length === 0 && gone.length === 0 && !fresh) return [];
  const edited = (text: string): string => {
    const now = parseProperties(text, bare);
    const isMet = ([name, value]: [string, string]) => setting.isMet?.(name, value, now[name]) === true;
    const set = Object.fromEntries(Object.entries(declared).filter((one) => !isMet(one)));
    for (const name of gone) if (name in now && setting.required?.[name]) set[name] = setting.required[name];
    const remove = new Set([...gone, ...(setting.alsoRemoved?.(now, declared) ?? [])]);
    if (fresh) for (const name of Object.keys(now)) if (setting.isRetained?.(name) !== true) remove.add(name);
    for (const name of lists) {
      const parts = mergeList(splitNames(now[name]), splitNames(declared[name]), splitNames(before[name]), fresh);
      if (parts.length === 0) remove.add(name);
      else set[name] = parts.join(';');
    }
    return editProperties(text, {
      set,
      remove: [...remove],
      ...(bare === undefined ? {} : { bare }),
      ...(absent === undefined ? {} : { absent }),
    });
  };
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

/** Desired settings that containers and VMs share beside the table of settings. `waiting` names those that take effect at the next start. */
export function sharedSettings(
  spec: GuestSpec,
  { before, fresh }: Earlier<GuestSpec>,
  waiting: ReadonlySet<string>,
): DesiredSetting[] {
  const common = (key: string, label: string) => ({ key, label, fresh, waits: waiting.has(key) });
  return [
    ...plainSetting({
      ...common('nameserver', 'nameserver'),
      declared: spec.nameservers.join(' ') || null,
      before: before?.nameservers.join(' ') || null,
      normal: (value) => words(value).join(' '),
    }),
    ...plainSetting({
      ...common('searchdomain', 'search domain'),
      declared: spec.searchdomain,
      before: before?.searchdomain,
    }),
    tagsSetting(spec.tags, before?.tags ?? [], fresh),
  ];
}

/** Tags are a set; those that people set stay. */
function tagsSetting(declared: readonly string[], before: readonly string[], fresh: boolean): DesiredSetting {
  const merged = (now: string | undefined): string[] =>
    mergeList(words(now), [...new Set([...declared, OWNER_TAG])], before, fresh, (tag) => tag.toLowerCase());
  return {
    key: 'tags',
    label: 'tags',
    shown: declared.join(';'),
    value: (now) => merged(now).sort().join(';'),
    same: (now) => merged(now).join(';') === words(now).join(';'),
    waits: false,
  };
}

function words(list: string | undefined): string[] {
  return (list ?? '').split(/[,;\s]+/).filter((word) => word !== '');
}

/** The numbers in use of a numbered option, such as 0 for `net0`. */
export function indexesOf(settings: Settings, prefix: string): number[] {
  const pattern = new RegExp(`^${prefix}(\\d+)$`);
  return Object.keys(settings).flatMap((key) => {
    const index = pattern.exec(key)?.[1];
    return index === undefined ? [] : [Number(index)];
  });
}

/** The `count` lowest unused numbers. */
export function freeIndexes(used: readonly number[], count: number): number[] {
  const free: number[] = [];
  for (let index = 0; free.length < count; index += 1) if (!used.includes(index)) free.push(index);
  return free;
}
