// Reads from a recorded session with Proxmox's own programs how options change while a guest runs: each change with the previous value, and whether
// it stayed pending until the next start.

import type { OptionsOf } from '../../src/proxmox/guests/guest-options.ts';
import { meaningOf } from '../../src/proxmox/guests/option-meaning.ts';

export interface SeenEffect {
  readonly kind: OptionsOf;
  readonly option: string;
  /** Null: the guest had none. */
  readonly before: string | null;
  /** Null: it was removed. */
  readonly after: string | null;
  /** Of the settings of the guest, those that decide about others. */
  readonly hotplug: string | null;
  readonly ostype: string | null;
  readonly waits: boolean;
}

interface Row {
  readonly argv?: readonly string[];
  readonly rc?: number;
  readonly stdout?: string;
  readonly given?: string;
  readonly id?: number;
  readonly file?: string;
  readonly content?: string | null;
}

type Settings = ReadonlyMap<string, string>;

interface Guest {
  running: boolean;
  now: Map<string, string>;
  /** Null: to be removed. */
  waiting: Map<string, string | null>;
  /** Changes since the values were last observed; an option that changed twice proves nothing. */
  changes: Map<string, string | null>;
  twice: Set<string>;
}

const PROGRAMS: Readonly<Record<string, OptionsOf>> = { pct: 'lxc', qm: 'qemu' };
const FILE = /^\/etc\/pve\/(lxc|qemu-server)\/(\d+)\.conf$/;

/** @param text the rows of a session, one a line */
export function seenEffects(text: string): SeenEffect[] {
  const guests = new Map<string, Guest>();
  const guest = (id: string): Guest => {
    const known = guests.get(id) ?? {
      running: false,
      now: new Map(),
      waiting: new Map(),
      changes: new Map(),
      twice: new Set(),
    };
    guests.set(id, known);
    return known;
  };
  const seen: SeenEffect[] = [];
  const look = (kind: OptionsOf, one: Guest, now: Settings, waiting: ReadonlyMap<string, string | null>): void => {
    const [hotplug, ostype] = [one.now.get('hotplug') ?? null, one.now.get('ostype') ?? null];
    for (const [option, after] of one.changes) {
      const before = one.now.get(option) ?? null;
      const isSame = meaningOf(kind, option, before ?? undefined) === meaningOf(kind, option, after ?? undefined);
      if (isSame || one.twice.has(option)) continue;
      seen.push({ kind, option, before, after, hotplug, ostype, waits: waiting.has(option) });
    }
    Object.assign(one, { now: new Map(now), waiting: new Map(waiting), changes: new Map(), twice: new Set() });
  };
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const row = JSON.parse(line) as Row;
    if (row.given === 'running' || row.given === 'stopped') guest(String(row.id)).running = row.given === 'running';
    const [, folder, number = ''] = FILE.exec(row.file ?? '') ?? [];
    if (folder !== undefined) {
      const { now, waiting } = readFile(row.content ?? '');
      look(folder === 'lxc' ? 'lxc' : 'qemu', guest(number), now, waiting);
    }
    const [program = '', verb = '', id = '', ...words] = row.argv ?? [];
    const kind = PROGRAMS[program];
    if (kind === undefined || row.rc !== 0 || !/^\d+$/.test(id)) continue;
    const one = guest(id);
    if (verb === 'pending') {
      const { now, waiting } = readPending(row.stdout ?? '');
      look(kind, one, now, waiting);
    } else if (verb === 'set' && one.running) {
      for (const [option, value] of changesIn(words)) {
        if (one.changes.has(option)) one.twice.add(option);
        one.changes.set(option, value);
      }
    } else if (verb === 'set') {
      applied(one, one.waiting);
      applied(one, changesIn(words));
    } else if (verb === 'start' || verb === 'reboot') {
      applied(one, one.waiting);
      one.running = true;
    } else if (verb === 'stop' || verb === 'shutdown') one.running = false;
  }
  return seen;
}

function applied(one: Guest, changes: ReadonlyMap<string, string | null>): void {
  for (const [option, value] of [...changes]) {
    if (value === null) one.now.delete(option);
    else one.now.set(option, value);
    one.waiting.delete(option);
  }
}

/** `--revert` discards pending changes and changes no value. */
function changesIn(words: readonly string[]): Map<string, string | null> {
  const changes = new Map<string, string | null>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [option = '', value = ''] = [words[at]?.replace(/^--?/, ''), words[at + 1]];
    if (option === 'delete') for (const name of value.split(/[,;\s]+/)) changes.set(name, null);
    else if (!/^(revert|digest|force|skiplock)$/.test(option)) changes.set(option === 'cdrom' ? 'ide2' : option, value);
  }
  return changes;
}

function readPending(stdout: string): { now: Settings; waiting: ReadonlyMap<string, string | null> } {
  const [now, waiting] = [new Map<string, string>(), new Map<string, string | null>()];
  for (const line of stdout.split('\n')) {
    const [, state, option = '', value = ''] = /^(cur|new|del) ([\w-]+): ?(.*)$/.exec(line) ?? [];
    if (state === 'cur' || state === 'del') now.set(option, value);
    if (state === 'new') waiting.set(option, value);
    if (state === 'del') waiting.set(option, null);
  }
  return { now, waiting };
}

function readFile(content: string): { now: Settings; waiting: ReadonlyMap<string, string | null> } {
  const [now, waiting] = [new Map<string, string>(), new Map<string, string | null>()];
  let section = '';
  for (const line of content.split('\n')) {
    section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
    const [, key = '', value = ''] = /^([\w.-]+): ?(.*)$/.exec(line) ?? [];
    const option = line.startsWith('#') ? 'description' : key === 'lxc.environment.runtime' ? 'env' : key;
    if (option === '') continue;
    if (section === '') now.set(option, value);
    else if (/^(pve:)?pending$/i.test(section)) {
      if (option === 'delete') for (const name of value.split(',')) waiting.set(name.replace(/^!/, ''), null);
      else waiting.set(option, value);
    }
  }
  return { now, waiting };
}
