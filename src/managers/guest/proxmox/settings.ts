// The settings of a guest compared with those declared, and the one command that brings them together. Values are compared by
// meaning, never as text; what Proxmox generates itself is left out.

import type { Action } from '../../../model/action.ts';
import type { GuestSpec } from '../spec.ts';
import { action, call, guestName, type Program } from './command.ts';
import { type GuestConf, type Settings, upcoming } from './conf.ts';
import { normalFlag, parseProperties, sameProperties } from './property-string.ts';

/** One setting as it should be. */
export interface Wish {
  readonly key: string;
  /** For people: `memory`, and what it is set to. */
  readonly label: string;
  readonly shown: string;
  /** What Proxmox is told, given what is set now; null: not set at all. */
  readonly value: (now: string | undefined) => string | null;
  readonly same: (now: string | undefined) => boolean;
  /** On a running guest the change waits for the next start. */
  readonly waits: boolean;
}

export interface SettingChanges {
  /** Words for `pct set` or `qm set`; empty when nothing is to be set. */
  readonly args: readonly string[];
  readonly labels: readonly string[];
  readonly shown: readonly string[];
  /** Something declared is not in force before the next start. */
  readonly restart: boolean;
  /** On a running guest. */
  readonly restartWith: readonly string[];
}

/** `wishes` is asked twice: for the settings as they will be after a restart, and as they are in force. */
export function compareSettings(conf: GuestConf, wishes: (settings: Settings) => readonly Wish[]): SettingChanges {
  const later = upcoming(conf);
  const unmet = wishes(later).filter((wish) => !wish.same(later[wish.key]));
  const inForce = wishes(conf.settings).filter((wish) => !wish.same(conf.settings[wish.key]));
  const waiting = new Set([...Object.keys(conf.pending), ...conf.pendingDeletes]);
  const isUnmet = new Set(inForce.map((wish) => wish.key));
  // What is in force is right and only what waits is wrong: take back what waits.
  const revert = unmet.filter((wish) => waiting.has(wish.key) && !isUnmet.has(wish.key)).map((wish) => wish.key);
  const change = unmet.filter((wish) => !revert.includes(wish.key));
  const values = change.map((wish) => [wish.key, wish.value(later[wish.key])] as const);
  const removed = values.filter(([, value]) => value === null).map(([key]) => key);
  const args = values.flatMap(([key, value]) => (value === null ? [] : [`--${key}`, value]));
  if (removed.length > 0) args.push('--delete', removed.join(','));
  if (revert.length > 0) args.push('--revert', revert.join(','));
  const restartWith = inForce.filter((wish) => wish.waits || waiting.has(wish.key)).map((wish) => wish.label);
  return {
    args,
    labels: [...change.map((wish) => wish.label), ...revert],
    shown: change.map((wish) => wish.shown),
    restart: restartWith.length > 0,
    restartWith,
  };
}

/** The words for creating a guest: everything that is declared. */
export function createArgs(wishes: readonly Wish[]): string[] {
  return wishes.flatMap((wish) => {
    const value = wish.value(undefined);
    return value === null ? [] : [`--${wish.key}`, value];
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
  return [action(summary, impact, call(program, 'set', id, args))];
}

/** The settings that containers and VMs share. `waiting` names those that wait for the next start. */
export function sharedWishes(spec: GuestSpec, waiting: ReadonlySet<string>): Wish[] {
  const plain = (key: string, label: string, value: string | null, shown = value ?? 'none'): Wish => ({
    key,
    label,
    shown,
    value: () => value,
    same: (now) => (now ?? null) === value,
    waits: waiting.has(key),
  });
  const startup = parseProperties(spec.startup ?? '', 'order');
  return [
    plain('cores', 'cores', String(spec.cores)),
    {
      ...plain('memory', 'memory', String(spec.memoryMb), `${spec.memoryMb} MB`),
      same: (now) => parseProperties(now ?? '512', 'current')['current'] === String(spec.memoryMb),
    },
    {
      ...plain('onboot', 'start at boot', spec.onboot ? '1' : null, spec.onboot ? 'on' : 'off'),
      same: (now) => (normalFlag(now ?? '0') === '1') === spec.onboot,
    },
    {
      ...plain('startup', 'boot order', spec.startup),
      same: (now) =>
        sameProperties(parseProperties(now ?? '', 'order'), startup) && (now === undefined) === (spec.startup === null),
    },
    {
      ...plain('nameserver', 'nameserver', spec.nameservers.join(' ') || null),
      same: (now) => words(now).join(' ') === spec.nameservers.join(' '),
    },
    plain('searchdomain', 'search domain', spec.searchdomain),
    {
      ...plain('tags', 'tags', spec.tags.join(';')),
      same: (now) =>
        words(now)
          .map((tag) => tag.toLowerCase())
          .sort()
          .join(';') === spec.tags.join(';'),
    },
  ];
}

function words(list: string | undefined): string[] {
  return (list ?? '').split(/[,;\s]+/).filter((word) => word !== '');
}

/** Numbers of `net0`, `mp3` and the like that are in use. */
export function indexesOf(settings: Settings, prefix: string): number[] {
  const pattern = new RegExp(`^${prefix}(\\d+)$`);
  return Object.keys(settings).flatMap((key) => {
    const index = pattern.exec(key)?.[1];
    return index === undefined ? [] : [Number(index)];
  });
}

/** The `count` lowest numbers that are not used. */
export function freeIndexes(used: readonly number[], count: number): number[] {
  const free: number[] = [];
  for (let index = 0; free.length < count; index += 1) if (!used.includes(index)) free.push(index);
  return free;
}
