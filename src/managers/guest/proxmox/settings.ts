// Compares the settings of a guest with the declared ones, and builds the one command that changes them. A desired setting is an edit of the present
// value: declared values are set, values that are no longer declared are removed, and everything else stays. Where the edit changes nothing, nothing
// is to be done; so the comparison covers exactly what would be set.

import type { Action, Content } from '../../../model/action.ts';
import type { OptionsOf } from '../../../proxmox/guests/guest-options.ts';
import { type Effect, effectOf, isReadAtStart, type OptionChange } from '../../../proxmox/guests/option-effects.ts';
import { action, call, guestName, type Program } from './command.ts';
import { type GuestConf, type Settings, salvaged, upcoming } from './conf.ts';
import { parseProperties } from './property-string.ts';

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
  /**
   * Whether what differs was declared the same when it was last applied, and was taken for met by an earlier version: it is set, and a running guest is
   * not restarted for it. Absent: never.
   */
  readonly isOverdue?: (now: string | undefined) => boolean;
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
  /** The lines that are written anew since Proxmox cannot read them, as they are. */
  readonly unread: readonly string[];
  /** Whether something declared takes effect only at the next start. */
  readonly restart: boolean;
  /** Whether that is so for a value that Proxmox stores at once: nothing in the guest's file then says that it waits for the start. */
  readonly unrecorded: boolean;
}

interface UnmetSettings {
  /** The settings after a restart. */
  readonly later: Settings;
  /** Settings that would still differ after a restart. */
  readonly unmet: readonly DesiredSetting[];
  /** Settings that differ now. */
  readonly inForce: readonly DesiredSetting[];
}

/**
 * `desired` is evaluated twice: for the settings after a restart, and for the current ones. A line that Proxmox cannot read is written anew where
 * something of it is declared, with everything else of it that is right.
 */
export function unmetSettings(
  kind: OptionsOf,
  conf: GuestConf,
  desired: (settings: Settings) => readonly DesiredSetting[],
): UnmetSettings {
  const kept = salvaged(kind, conf);
  const later = { ...kept, ...upcoming(conf) };
  const now = { ...kept, ...conf.settings };
  const isUnmet = ({ key, same, value }: DesiredSetting, settings: Settings, isRead: boolean): boolean =>
    isRead ? !same(settings[key]) : value(settings[key]) !== null && !same(undefined);
  const unmet = desired(later).filter((setting) => isUnmet(setting, later, !isUnreadable(conf, setting.key)));
  const isReadNow = ({ key }: DesiredSetting): boolean => !Object.hasOwn(conf.unreadable, key);
  const inForce = desired(now).filter((setting) => isUnmet(setting, now, isReadNow(setting)));
  return { later, unmet, inForce };
}

/** Whether its line cannot be read, and no change of it waits for the next start. */
function isUnreadable({ unreadable, pending }: GuestConf, key: string): boolean {
  return Object.hasOwn(unreadable, key) && !Object.hasOwn(pending, key);
}

export function compareSettings(
  kind: OptionsOf,
  conf: GuestConf,
  desired: (settings: Settings) => readonly DesiredSetting[],
): SettingChanges {
  const { later, unmet, inForce } = unmetSettings(kind, conf, desired);
  const waiting = new Set([...Object.keys(conf.pending), ...conf.pendingDeletes]);
  const isUnmet = new Set(inForce.map((setting) => setting.key));
  // The current value is right and only the pending one is wrong: revert the pending change. Where it also brings something declared, it stays
  // pending.
  const isReverted = ({ key, value }: DesiredSetting): boolean =>
    waiting.has(key) &&
    !isUnmet.has(key) &&
    (later[key] === undefined || value(later[key]) === (conf.settings[key] ?? null));
  const revert = unmet.filter(isReverted).map((setting) => setting.key);
  const change = unmet.filter((setting) => !revert.includes(setting.key));
  const values = change.map((setting) => [setting.key, setting.value(later[setting.key])] as const);
  const due = inForce.filter(({ key, isOverdue }) => isOverdue?.(conf.settings[key]) !== true);
  const removed = values.filter(([, value]) => value === null).map(([key]) => key);
  const args = values.flatMap(([key, value]) => (value === null ? [] : [`--${key}`, value]));
  if (removed.length > 0) args.push('--delete', removed.join(','));
  if (revert.length > 0) args.push('--revert', revert.join(','));
  return {
    args,
    labels: [...change.map((setting) => setting.label), ...revert],
    shown: change.map((setting) => setting.shown),
    unread: change.flatMap(({ key }) => (isUnreadable(conf, key) ? [`${key}: ${conf.unreadable[key]}`] : [])),
    restart: due.some((setting) => isForStart(kind, conf, setting) || waiting.has(setting.key)),
    unrecorded: due.some((setting) => isForStart(kind, conf, setting) && effectOn(kind, conf, setting) === 'at once'),
  };
}

function isForStart(kind: OptionsOf, conf: GuestConf, setting: DesiredSetting): boolean {
  const { key, waits } = setting;
  if (waits !== undefined) return waits;
  return effectOn(kind, conf, setting) === 'next start' || isReadAtStart(kind, key, changeOf(conf, setting));
}

function effectOn(kind: OptionsOf, conf: GuestConf, setting: DesiredSetting): Effect {
  return effectOf(kind, setting.key, changeOf(conf, setting), conf.settings);
}

function changeOf({ settings }: GuestConf, { key, value }: DesiredSetting): OptionChange {
  const before = settings[key];
  return { before, after: value(before) ?? undefined };
}

/** The arguments for creating a guest: all declared settings. */
export function createArgs(desired: readonly DesiredSetting[]): string[] {
  return desired.flatMap((setting) => {
    const value = setting.value(undefined);
    return value === null ? [] : [`--${setting.key}`, value];
  });
}

/** The bridges that these arguments put a guest on; empty where they do not change its interfaces. */
export function bridgesIn(args: readonly string[]): string[] {
  return args.flatMap((word, at) => {
    const bridge = /^--net\d+$/.test(word) ? parseProperties(args[at + 1] ?? '')['bridge'] : undefined;
    return bridge === undefined ? [] : [bridge];
  });
}

/** An option whose value is a secret, which the program prompts for. */
export interface PromptedOption {
  readonly option: string;
  readonly label: string;
  readonly stdin: Content;
}

/** What one command sets beside the options. */
interface SetBeside {
  /** Null: they stay as they are. */
  readonly notes: string | null;
  readonly running: boolean;
  readonly prompted?: PromptedOption | null;
}

/** One command for all changes. */
export function setGuest(
  program: Program,
  id: number,
  changes: SettingChanges,
  { notes, running, prompted = null }: SetBeside,
): Action[] {
  const args = [
    ...changes.args,
    ...(notes === null ? [] : ['--description', notes]),
    ...(prompted === null ? [] : [`--${prompted.option}`]),
  ];
  if (args.length === 0) return [];
  const { shown } = changes;
  const labels = [...changes.labels, ...(prompted === null ? [] : [prompted.label])];
  const what = labels.length === 0 ? 'the notes' : labels.join(', ');
  const to = labels.length === 1 && shown[0] ? ` to ${shown[0]}` : '';
  const instead =
    changes.unread.length === 0 ? '' : `, in place of what Proxmox cannot read: ${changes.unread.join('; ')}`;
  const summary = `set ${what} of ${guestName(program, id)}${to}${instead}`;
  const impact = running && changes.restart ? 'restart' : 'live';
  const command = call(program, 'set', id, args);
  const set = action(summary, impact, prompted === null ? command : { ...command, stdin: prompted.stdin });
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

/** The numbers in use of a numbered option, such as 0 for `net0`. Proxmox knows no `net00`. */
export function indexesOf(settings: Settings, prefix: string): number[] {
  const pattern = new RegExp(`^${prefix}(0|[1-9]\\d*)$`);
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
