// The parts of import that containers and VMs share: one inventory of all guests, the common fields, and what is left out.

import { prose } from '../../../config/schema/text.ts';
import { type TargetId, targetId } from '../../../model/ids.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { Config } from '../../config.ts';
import type { Extent, FoundObject, Imported, LeftOver } from '../../importer.ts';
import type { HostReader, Wanted } from '../../manager.ts';
import { HYPERVISOR_FILE } from '../../places.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { type GuestInventory, inventoryOfGuests, quickCheckOfGuest } from '../observe/inventory.ts';
import {
  OWNER_TAG,
  parseNotes,
  printNotes,
  repositoryName,
  surroundings,
  withPassword,
  withRestartDue,
} from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { confFolder } from '../observe/observe.ts';
import type { Program } from '../proxmox/command.ts';
import { type GuestConf, isReadAtStartOfContainer, isTemplateConf, parseConf } from '../proxmox/conf.ts';
import { storageOfVolume } from '../proxmox/disk-lines.ts';
import { firewallPath } from '../proxmox/firewall.ts';
import { normalFlag } from '../proxmox/property-string.ts';
import type { GuestKind } from '../settings/setting.ts';
import { lineOfField } from './field-lines.ts';
import { writtenFirewall } from './firewall.ts';
import { isGenerated } from './generated.ts';
import { writtenSettings } from './settings.ts';
import { Unclaimed } from './unclaimed.ts';

export interface FoundGuests {
  readonly inventory: GuestInventory;
  /** Container templates as `storage:vztmpl/file`; empty where they were not read. */
  readonly templates: readonly string[];
}

/** An existing guest. */
export interface FoundGuest {
  readonly id: number;
  readonly target: TargetId;
  readonly conf: GuestConf;
  readonly path: string;
  readonly running: boolean;
  readonly firewall: string | null;
}

/** A guest's entry for the file, or why it has none. */
export type WrittenGuest =
  | { readonly entry: JsonObject; readonly left: readonly LeftOver[] }
  | { readonly missing: string };

/** Fields of a spec that cannot be read from a host: what a guest was created from, and what is done inside it. */
export const NOT_ON_HOST = ['source', 'scripts', 'snapshots', 'health', 'protected', 'delegated', 'agent'] as const;

/** A guest is declared by its name, and of two neither would leave it as it is. */
export const WAITING_NAME =
  'a change of its name waits for its next start, so that nobody can say what it is meant to be: start it again, or take the change back, then import';

const KIND: Readonly<Record<Program, GuestKind>> = { pct: 'lxc', qm: 'vm' };

export async function observeGuests(host: HostReader, program: Program): Promise<FoundGuests> {
  return { inventory: await inventoryOfGuests(host, program), templates: [] };
}

/** The guests of this node, by ascending id. */
function guestsIn({ inventory }: FoundGuests): FoundGuest[] {
  const { program, files, listed } = inventory;
  const pattern = new RegExp(`^${confFolder(program)}/([1-9]\\d*)\\.conf$`);
  return [...files]
    .flatMap(([path, text]): FoundGuest[] => {
      const id = Number(pattern.exec(path)?.[1] ?? Number.NaN);
      if (Number.isNaN(id)) return [];
      const running = listed.get(String(id))?.status === 'running';
      const firewall = files.get(firewallPath(id)) ?? null;
      return [{ id, target: targetId(KIND[program], id), conf: parseConf(text, program), path, running, firewall }];
    })
    .sort((a, b) => a.id - b.id);
}

/** The fields that both kinds have. */
export function sharedFields(
  kind: GuestKind,
  guest: FoundGuest,
  conf: Unclaimed,
  extent: Extent,
): Record<string, Json> {
  const settings = writtenSettings(kind, conf, extent);
  const tags = (conf.claim('tags') ?? '')
    .split(/[,;\s]+/)
    .filter((tag) => tag !== '' && tag.toLowerCase() !== OWNER_TAG);
  const onboot = normalFlag(guest.conf.settings['onboot'] ?? '0') === '1';
  // Otherwise `onboot` would also mean that Phoenix keeps it running: a guest that is stopped at the moment stays stopped. A template
  // is never started.
  const resting = onboot && !guest.running && !isTemplateConf(guest.conf) ? { state: 'unmanaged' } : {};
  const state = extent === 'all' ? { state: guest.running ? 'running' : 'stopped' } : resting;
  return { ...settings, ...state, ...(tags.length === 0 ? {} : { tags: [...new Set(tags)].sort() }) };
}

/** The firewall, where it can be declared. */
export function firewallOf({ firewall, id, target }: FoundGuest): {
  readonly firewall?: JsonObject;
  readonly left: readonly LeftOver[];
} {
  if (firewall === null) return { left: [] };
  const written = writtenFirewall(firewall);
  if (written !== null) return { firewall: written, left: [] };
  const why = 'it has rules that the field firewall has no words for: the file stays as it is';
  return { left: [{ what: `${target} firewall (${firewallPath(id)})`, why }] };
}

/** Settings whose values are never shown: passwords, and the environment of a container's first process. */
const SECRET = /password|^env$/;

/** The settings that no field claimed, each with its line. */
export function leftOf(
  kind: GuestKind,
  { id, target, path, conf: { misread } }: FoundGuest,
  conf: Unclaimed,
  why: (key: string, value: string) => string,
): LeftOver[] {
  return conf
    .rest()
    .filter(({ key, value }) => !isGenerated(kind, key, value))
    .map(({ key, value }) => {
      const shown = SECRET.test(key) ? '' : `: ${value}`;
      const what = `${target} ${key}${shown} (${path}:${conf.lineOf(key)})`;
      if (Object.hasOwn(misread, key)) return { what, why: unreadableReason(kind === 'lxc', key, true) };
      return { what, why: stateReason(kind, id, key, value) ?? why(key, value) };
    });
}

/** Why something is left that is a state of the guest and no setting; null for a setting. */
function stateReason(kind: GuestKind, id: number, key: string, value: string): string | null {
  const program = kind === 'lxc' ? 'pct' : 'qm';
  if (key === 'lock' && value === 'suspended')
    return `it is hibernated, which is a state and no setting: Proxmox resumes it with its next start (${program} resume ${id})`;
  if (key === 'lock')
    return `Proxmox locked it for a task, and until then changes nothing of it: wait for the end of the task; where none runs any more, take the lock away with ${program} unlock ${id}`;
  if (key === 'vmstate')
    return 'it is the memory of the hibernated VM, which Proxmox reads back with its next start and then removes';
  if (/^unused\d+$/.test(key))
    return `the volume is detached, and only an attached one can be declared: it stays as it is; attach it with ${program} set ${id}, then import again, or remove it with ${program} set ${id} --delete ${key}`;
  return null;
}

/** Why a disk of the host is left whose name may be that of another disk after the next start of the host. */
export function unlastingReason(program: Program, key: string): string {
  return `a disk of the host is declared by a name that lasts, and this one may be another disk after the next start: it stays; give it its name of ls -l /dev/disk/by-id with ${program} set ID --${key}, then import again`;
}

/** Default storages for guests' disks, which need not be declared. */
const EVERYWHERE: ReadonlySet<string> = new Set(['local-lvm', 'local-zfs']);

/** The file of one kind of guest. */
export function importGuests(
  found: FoundGuests,
  write: (guest: FoundGuest, conf: Unclaimed) => WrittenGuest,
  file: (entries: readonly { readonly guest: FoundGuest; readonly entry: JsonObject }[]) => Record<string, JsonObject>,
): Imported {
  const left: LeftOver[] = [];
  const entries: { guest: FoundGuest; entry: JsonObject }[] = [];
  for (const guest of guestsIn(found)) {
    const conf = new Unclaimed(guest.conf);
    const written = write(guest, conf);
    if ('missing' in written) left.push({ what: `${guest.target} (${guest.path})`, why: written.missing });
    else {
      left.push(
        ...written.left,
        ...notesLeft(guest),
        ...unreadableLeft(guest, conf),
        ...conf.waiting(guest.target, guest.path),
      );
      entries.push({ guest, entry: written.entry });
    }
  }
  if (entries.length === 0) return { files: {}, texts: {}, secrets: [], left };
  const storages = [...new Set(entries.flatMap(({ guest }) => storagesOf(guest.conf)))]
    .filter((id) => !EVERYWHERE.has(id))
    .sort();
  const named =
    storages.length === 0 ? {} : { proxmox_storage_ids: Object.fromEntries(storages.map((id) => [id, id])) };
  return { files: { ...file(entries), [HYPERVISOR_FILE]: named }, texts: {}, secrets: [], left };
}

/** The storages of its volumes, including those that the host no longer has. */
export function storagesOf({ settings }: GuestConf): string[] {
  const disks = Object.entries(settings).filter(([key]) => DISK.test(key));
  const storages = disks.map(([, value]) => storageOfVolume(volumeIn(value)));
  return [...new Set(storages.filter((storage) => storage !== ''))];
}

const DISK = /^(rootfs|mp\d+|(virtio|scsi|sata|ide|efidisk|tpmstate)\d+)$/;

/** The volume in a disk's value, with or without its key. */
function volumeIn(value: string): string {
  return (value.split(',')[0] ?? '').replace(/^(file|volume)=/, '');
}

export function undeclaredGuests(found: FoundGuests, config: Config): FoundObject[] {
  return guestsIn(found)
    .filter(({ id, target }) => config.guests.get(id)?.kind !== target.slice(0, target.indexOf('/')))
    .map(({ target, conf }) => ({ object: target, name: conf.settings['hostname'] ?? conf.settings['name'] ?? null }));
}

/** Where a field of an imported guest was read: its file, with the line where one says it. Null for a guest that was not found. */
export function placeOfField(
  found: FoundGuests,
  target: string,
  entry: JsonObject,
  keys: readonly string[],
): string | null {
  const guest = guestsIn(found).find((one) => one.target === target);
  if (guest === undefined) return null;
  if (keys[0] === 'firewall') return firewallPath(guest.id);
  const line = lineOfField(KIND[found.inventory.program], guest.conf.text, entry, keys);
  return line === null ? guest.path : `${guest.path}:${line}`;
}

/** An observation from the inventory alone, which may be some seconds old. */
export function quickCheckOfFound(inventory: GuestInventory, wanted: Wanted<GuestSpec>): GuestObservation | null {
  if (wanted.spec !== undefined && wanted.spec.scripts.length > 0) return null;
  return quickCheckOfGuest(inventory, wanted);
}

/**
 * The observation with Phoenix's tag and notes added, and nothing else changed.
 *
 * @param password digest of a declared password, which counts as the one that the guest has
 */
export function markedGuest(
  seen: GuestObservation,
  wanted: Wanted<GuestSpec>,
  password?: string | undefined,
): GuestObservation {
  const { conf } = seen;
  if (conf === null) return seen;
  const present = parseNotes(conf.description);
  const notes = {
    ...surroundings(conf.description, present?.description ?? '', undefined),
    repository: repositoryName(wanted.origin),
    target: wanted.target,
    commit: wanted.origin.commit,
    building: present?.building ?? false,
    ...(present?.restarting === undefined ? {} : { restarting: present.restarting }),
    scripts: present?.scripts ?? null,
    ...withPassword(present?.password ?? password),
    ...withRestartDue(present?.restartDue),
  };
  const settings = { ...conf.settings, tags: withOwnerTag(conf.settings['tags']) };
  return { ...seen, conf: { ...conf, settings, ...withOwnerTagPending(conf), description: printNotes(notes) } };
}

function withOwnerTag(list: string | undefined): string {
  const tags = (list ?? '').split(/[,;\s]+/).filter((tag) => tag !== '');
  return [...tags, ...(tags.some((tag) => tag.toLowerCase() === OWNER_TAG) ? [] : [OWNER_TAG])].join(';');
}

/** Other tags, or none, may wait for the next start. */
function withOwnerTagPending({ pending, pendingDeletes }: GuestConf): Pick<GuestConf, 'pending' | 'pendingDeletes'> {
  if (pending['tags'] === undefined && !pendingDeletes.includes('tags')) return { pending, pendingDeletes };
  return {
    pending: { ...pending, tags: withOwnerTag(pending['tags']) },
    pendingDeletes: pendingDeletes.filter((key) => key !== 'tags'),
  };
}

/** Without undefined fields. */
export function defined(fields: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** In characters. Longer notes are not imported and stay in the guest's own file. */
const MAX_NOTES = 1000;

/** What people wrote into the notes, where a description can hold it. */
export function notesOf(guest: FoundGuest): string | undefined {
  const text = writtenNotes(guest);
  // A description cannot start with white space and has a maximum length; other text stays in the notes only.
  return text.length > MAX_NOTES || !/^\S/.test(text) || !prose.safeParse(text).success ? undefined : text;
}

/** The notes as people wrote them, without Phoenix's part. */
function writtenNotes({ conf }: FoundGuest): string {
  const notes = parseNotes(conf.description);
  return (notes === null ? conf.description : notes.text).trimEnd();
}

function notesLeft(guest: FoundGuest): LeftOver[] {
  const text = writtenNotes(guest);
  if (text === '' || notesOf(guest) !== undefined) return [];
  const why = `a description has at most ${MAX_NOTES} characters, begins with a visible one and has no control characters: the notes stay as they are on the guest`;
  return [{ what: `${guest.target} notes of ${text.length} characters (${guest.path})`, why }];
}

/** Lines that Proxmox cannot read; of those that `leftOf` names, none. */
function unreadableLeft({ target, path, conf: { unreadable, misread } }: FoundGuest, conf: Unclaimed): LeftOver[] {
  const unclaimed = conf.rest().map(({ key }) => key);
  const isContainer = target.startsWith('lxc/');
  return Object.entries({ ...unreadable, ...misread })
    .filter(([key]) => !unclaimed.includes(key))
    .map(([key, value]) => ({
      what: `${target} ${key}${SECRET.test(key) ? '' : `: ${value}`} (${path}:${conf.lineOf(key)})`,
      why: unreadableReason(isContainer, key, Object.hasOwn(misread, key)),
    }));
}

/** A container's file keeps the line. @param misread whether the line counts here as it is */
function unreadableReason(isContainer: boolean, key: string, misread: boolean): string {
  const keeps = isReadAtStartOfContainer(key) ? ', and does not start the container with it' : '';
  const drops = misread ? ', and drops it with the next change of the VM' : ' and takes it for absent';
  return `Proxmox cannot read this line${isContainer ? keeps : drops}: correct it, then import again`;
}

/** The storage for new disks of a VM that has none yet: the first one that accepts disks. */
export function storageForDisks({ inventory }: FoundGuests): string {
  const sections = (inventory.storages ?? '').split(/^(?=\S)/m).flatMap((section) => {
    const [, id] = /^[a-z]+:\s*(\S+)/.exec(section) ?? [];
    const content = /^\s+content\s+(.+)$/m.exec(section)?.[1] ?? '';
    return id !== undefined && content.split(/[,;\s]+/).includes('images') ? [id] : [];
  });
  return sections[0] ?? 'local-lvm';
}
