// Storages of Proxmox on datasets: entries of /etc/pve/storage.cfg. Phoenix's own are noted in a file, since an entry has no room for an owner mark;
// those of people are not touched, and removing one of Phoenix's removes only the entry.

import type { Action } from '../../../model/action.ts';
import { contentsOf } from '../../../proxmox/storages/types.ts';
import type { Decision } from '../../manager.ts';
import { act, MARK, NOTES, remove, run, write } from '../act.ts';

export interface StorageSpec {
  readonly id: string;
  readonly type: 'zfspool' | 'dir';
  /** `tank/lxc-disks` */
  readonly dataset: string;
  /** The expected mount point of the dataset; ZFS's own answer takes precedence. */
  readonly folder: string;
  /** Sorted. */
  readonly contents: readonly string[];
}

export const STORAGE_FILE = '/etc/pve/storage.cfg';
export const NOTE_FILE = `${NOTES}/storage/storages`;

interface Entry {
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/** The observed storages of the host. */
export interface Storages {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Content of the note with the ids of Phoenix's storages. */
  readonly note: string | null;
  /** Configurations of guests by file; null where they were not read. */
  readonly guests: ReadonlyMap<string, string> | null;
}

export function parseStorages(text: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  let options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, type, id] = /^([a-z]+):\s*(\S+)\s*$/.exec(line) ?? [];
    const [, key, value = ''] = /^\s+(\S+)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    if (type !== undefined && id !== undefined) {
      options = new Map();
      entries.set(id, { type, options });
    } else if (key !== undefined) options.set(key, value);
  }
  return entries;
}

/** Ids of Phoenix's storages. */
export function ours(note: string | null): readonly string[] {
  return (note ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** Why the declared storages cannot be applied; null when they can. */
export function storagesRefusal(
  declared: readonly StorageSpec[],
  { entries, note, guests }: Storages,
  adopted: boolean,
): Decision | null {
  for (const storage of declared) {
    const { id, type, contents } = storage;
    const stray = contents.find((content) => contentsOf(type)?.includes(content) === false);
    if (stray !== undefined) {
      return { kind: 'impossible', reason: `storage ${id} is a ${type}, which cannot hold ${stray}: make it a dir` };
    }
    const entry = entries.get(id);
    if (entry === undefined) continue;
    if (entry.type !== type || !isAt(entry, storage)) {
      const reason = `storage ${id} is a ${entry.type} on ${placeIn(entry)} already, and Proxmox cannot change that; give the declared one another name`;
      return { kind: 'blocked', reason };
    }
    if (!sameContents(entry, contents) && !adopted && !ours(note).includes(id)) {
      const reason = `storage ${id} does not belong to Phoenix and holds ${entry.options.get('content') ?? 'nothing'}: take it over with phoenix adopt hypervisor/storage`;
      return { kind: 'blocked', reason };
    }
  }
  for (const id of undeclaredOwn(declared, entries, note)) {
    const user = userOf(id, guests);
    if (user === undefined) continue;
    const reason = `storage ${id} is no longer declared, and ${user} still has a disk on it`;
    return { kind: 'impossible', reason, passing: true };
  }
  return null;
}

function isAt({ options }: Entry, { type, dataset, folder }: StorageSpec): boolean {
  return type === 'zfspool' ? options.get('pool') === dataset : options.get('path') === folder;
}

function sameContents(entry: Entry, contents: readonly string[]): boolean {
  return contentsIn(entry).join() === contents.toSorted().join();
}

/** Sorted. */
export function contentsIn({ options }: Entry): string[] {
  return (options.get('content') ?? '')
    .split(/[,;\s]+/)
    .filter((word) => word !== '')
    .sort();
}

/** The dataset or folder that it is on. */
export function placeIn({ options }: Entry): string {
  return options.get('pool') ?? options.get('path') ?? '';
}

/** Storages of Phoenix's that are no longer declared. */
export function undeclaredOwn(
  declared: readonly StorageSpec[],
  entries: Storages['entries'],
  note: string | null,
): string[] {
  return ours(note).filter((id) => entries.has(id) && !declared.some((storage) => storage.id === id));
}

function userOf(id: string, guests: Storages['guests']): string | undefined {
  const found = [...(guests ?? [])].find(([, text]) =>
    text.split('\n').some((line) => /^\w+: /.test(line) && line.replace(/^\w+: /, '').startsWith(`${id}:`)),
  );
  return found === undefined ? undefined : `guest ${found[0].replace(/^.*\//, '').replace(/\.conf$/, '')}`;
}

/** @param adopted existing storages with these ids belong to Phoenix from now on */
export function storageActions(
  declared: readonly StorageSpec[],
  { entries, note }: Storages,
  adopted: boolean,
): Action[] {
  const noted = ours(note);
  const made = declared.filter(({ id }) => adopted || noted.includes(id) || !entries.has(id)).map(({ id }) => id);
  const gone = undeclaredOwn(declared, entries, note);
  const during = made.length + gone.length === 0 ? null : noteText([...made, ...gone]);
  const after = made.length === 0 ? null : noteText(made);
  return [
    ...(during === null || during === note
      ? []
      : [write('record which storages belong to Phoenix', NOTE_FILE, during, note)]),
    ...declared.flatMap((storage) => {
      const entry = entries.get(storage.id);
      if (entry === undefined) return [add(storage)];
      return sameContents(entry, storage.contents) ? [] : [fill(storage)];
    }),
    ...gone.map((id) => act(`remove storage ${id} from Proxmox; its content stays`, run('pvesm', ['remove', id]))),
    ...(after === (during ?? note)
      ? []
      : [
          after === null
            ? remove('remove the record of storages', NOTE_FILE)
            : write('record which storages are left', NOTE_FILE, after, during ?? note),
        ]),
  ];
}

export function noteText(ids: readonly string[]): string {
  return [MARK, ...[...ids].sort(), ''].join('\n');
}

function add({ id, type, dataset, folder, contents }: StorageSpec): Action {
  // Prevents writes into the folder while the dataset is not mounted on it.
  const place = type === 'zfspool' ? ['--pool', dataset] : ['--path', folder, '--is_mountpoint', 'yes'];
  const args = ['add', type, id, ...place, '--content', contents.join(',')];
  return act(`create storage ${id} on ${dataset}`, run('pvesm', args));
}

function fill({ id, contents }: StorageSpec): Action {
  return act(
    `allow ${contents.join(', ')} on storage ${id}`,
    run('pvesm', ['set', id, '--content', contents.join(',')]),
  );
}
