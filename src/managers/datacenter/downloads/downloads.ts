// How files that the node downloads are kept. Proxmox tells that a file is there and never where it came from, so that a note says what it
// was downloaded by. A file that was there before is used, never replaced or deleted: where a checksum is declared, Proxmox compares it once.

import type { Action } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import { type Options, parseSections } from '../../../proxmox/files/section-config.ts';
import { FILE_CONTENTS } from '../../../proxmox/storages/files.ts';
import { difference, differenceAt, type FoundDifference } from '../../comparison.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import { approvalHint, missingReference } from '../decide.ts';
import type { ObjectObservation } from '../observe.ts';
import type { ObjectRow } from '../row.ts';
import { notesFolder } from '../secrets.ts';
import { check, deletion, download, volumeOf } from './download-calls.ts';

const STORAGES = '/etc/pve/storage.cfg';
const LIST_SECONDS = 60;

/** The files of storages, as one text that is kept with an observation. */
interface StorageFiles {
  readonly volumes: readonly string[];
  /** Storages that did not say what they hold, with Proxmox's words. */
  readonly unlisted: Readonly<Record<string, string>>;
}

/** What a file was downloaded by. */
interface Note {
  readonly target: string;
  /** The file was there before: Phoenix did not bring it. */
  readonly found: boolean;
  /** Of an image of a registry as skopeo, which Proxmox fetches it with, has it: `docker://docker.io/library/nginx:1.29`. */
  readonly url: string;
  readonly checksum: string | null;
  readonly compression: string | null;
}

/**
 * One command for each storage.
 *
 * @param asked the files that it is about; absent: every storage that may hold such files is listed
 */
export async function readFiles(host: HostReader, asked?: readonly JsonObject[]): Promise<string> {
  const sections = parseSections((await host.readFile(STORAGES)) ?? '');
  const named =
    asked?.map(({ storage }) => String(storage)) ??
    [...sections].flatMap(([id, { options }]) => (holdsFiles(options) ? [id] : []));
  const lists = await Promise.all(
    [...new Set(named)].filter((id) => sections.has(id)).map(async (id) => [id, await listed(host, id)] as const),
  );
  const files: StorageFiles = {
    volumes: lists.flatMap(([, { volumes }]) => volumes),
    unlisted: Object.fromEntries(lists.flatMap(([id, { problem }]) => (problem === null ? [] : [[id, problem]]))),
  };
  return JSON.stringify(files);
}

function holdsFiles({ content, disable }: Options): boolean {
  const contents = (content?.[0] ?? '').split(',');
  return disable === undefined && contents.some((each) => FILE_CONTENTS[each] !== undefined);
}

async function listed(
  host: HostReader,
  storage: string,
): Promise<{ readonly volumes: readonly string[]; readonly problem: string | null }> {
  const args = ['get', `/nodes/localhost/storage/${storage}/content`, '--output-format', 'json'];
  const { exit, stdout, stderr } = await host.run({
    kind: 'command',
    program: 'pvesh',
    args,
    timeoutSeconds: LIST_SECONDS,
  });
  if (exit !== 0) return { volumes: [], problem: stderr.trim() || 'no answer' };
  const content = JSON.parse(stdout) as readonly { readonly volid: string; readonly content: string }[];
  const files = content.filter((each) => FILE_CONTENTS[each.content] !== undefined);
  return { volumes: files.map(({ volid }) => volid), problem: null };
}

/** Files by the id that Proxmox knows them by; nothing else is known of them. */
export function readVolumes(text: string): ReadonlyMap<string, Options> {
  return new Map(filesIn(text).volumes.map((volume) => [volume, {}]));
}

function filesIn(text: string | null): StorageFiles {
  return text === null || text === '' ? { volumes: [], unlisted: {} } : (JSON.parse(text) as StorageFiles);
}

/** A guest that has a file in a drive; null for none. */
export function holderOf(volume: string, guests: ReadonlyMap<string, string>): string | null {
  const holder = [...guests].find(([, conf]) => conf.split(/[\s,=]+/).includes(volume));
  return holder === undefined ? null : `guest ${/(\d+)\.conf$/.exec(holder[0])?.[1]} still has it in a drive`;
}

export function decideDownload(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectObservation): Decision {
  const { target, spec, before } = wanted;
  const unlisted = [spec, before].flatMap((options) =>
    options === undefined
      ? []
      : Object.entries(filesIn(seen.text).unlisted).filter(([id]) => id === options['storage']),
  );
  const [[storage, problem] = []] = unlisted;
  if (storage !== undefined) {
    const reason = `storage ${storage} does not say which files it holds: ${problem}`;
    return { kind: 'impossible', reason, passing: true };
  }
  if (spec === undefined) return decideRemoval(row, wanted, seen);
  const absent = missingReference(row, wanted, spec, seen);
  if (absent !== null) return { kind: 'impossible', reason: absent };
  const volume = volumeOf(spec);
  const earlier = before === undefined ? volume : volumeOf(before);
  if (earlier !== volume && seen.objects.has(earlier) && isOwn(noteOf(row, earlier, seen), target)) {
    const reason = `${target} was ${earlier} so far, and that file would be left behind; declare ${volume} under another name, so that ${earlier} is deleted once that is approved`;
    return { kind: 'impossible', reason };
  }
  const declared = (found: boolean) => noteAction(row, volume, noteFor(target, spec, found));
  if (!seen.objects.has(volume)) return { kind: 'actions', actions: [declared(false), download(spec)] };
  const note = noteOf(row, volume, seen);
  if (note === null) return { kind: 'actions', actions: isComparable(spec) ? [check(spec), declared(true)] : [] };
  if (isOther(note, spec)) return decideReplacement(row, wanted, seen, spec, note);
  const unchecked = isComparable(spec) && note.checksum !== checksumOf(spec) ? [check(spec)] : [];
  const isNoted = JSON.stringify(note) === JSON.stringify(noteFor(target, spec, note.found));
  return { kind: 'actions', actions: isNoted ? [] : [...unchecked, declared(note.found)] };
}

/** By what is noted of how it was downloaded and compared; that it is missing is said in a sentence. */
export function downloadDifferences(
  row: ObjectRow,
  { target, spec }: Wanted<JsonObject>,
  seen: ObjectObservation,
): FoundDifference[] {
  if (spec === undefined || isFileThere(spec, seen) !== true) return [];
  const note = noteOf(row, volumeOf(spec), seen);
  const checksum = checksumOf(spec);
  if (note === null) return isComparable(spec) ? [difference(['checksum'], checksum, 'not compared')] : [];
  const wanted = noteFor(target, spec, note.found);
  const compared = (['url', 'checksum', 'compression'] as const).flatMap((key) =>
    differenceAt([key], wanted[key], note[key]),
  );
  const isNoted = JSON.stringify(note) === JSON.stringify(wanted);
  return compared.length > 0 || isNoted ? compared : [difference(['note'], wanted.target, note.target)];
}

/** Null where its storage does not say which files it holds. */
export function isFileThere(spec: JsonObject | undefined, seen: ObjectObservation): boolean | null {
  if (spec === undefined) return false;
  return Object.hasOwn(filesIn(seen.text).unlisted, String(spec['storage'])) ? null : seen.objects.has(volumeOf(spec));
}

/** Whether what is declared now can be another file under the same name, by what it was downloaded by: pure, for the plan. */
export function isOtherFile(before: JsonObject, after: JsonObject): boolean {
  return volumeOf(before) !== volumeOf(after) || isOther(noteFor('', before, false), after);
}

/** A checksum says which file it is; without one, its address does. */
function isOther(note: Note, spec: JsonObject): boolean {
  const checksum = checksumOf(spec);
  if (note.compression !== (textOf(spec['compression']) ?? null)) return true;
  if (checksum === null) return !note.found && note.url !== addressOf(spec);
  // Of another algorithm, nobody knows before Proxmox has compared it.
  const isComparedHere = note.checksum !== null && algorithmOf(note.checksum) === algorithmOf(checksum);
  return isComparedHere && note.checksum !== checksum;
}

function decideReplacement(
  row: ObjectRow,
  { target, approved }: Wanted<JsonObject>,
  seen: ObjectObservation,
  spec: JsonObject,
  note: Note,
): Decision {
  const volume = volumeOf(spec);
  const explanation = `${volume} is there, and not as it is declared now`;
  const otherName = 'declare the other file under another name and filename';
  if (note.found || note.target !== target) {
    const reason = `${explanation}; it was not downloaded for ${target}, so that it stays: ${otherName}`;
    return { kind: 'impossible', reason };
  }
  if (!approved) {
    const holder = holderIn(row, volume, seen);
    const held = holder === null ? '' : `, while ${holder}`;
    const reason = `${explanation}: it would be deleted and downloaded again${held}; ${otherName}, or ${approvalHint('recreate', target)}`;
    return { kind: 'blocked', reason };
  }
  const noted = noteAction(row, volume, noteFor(target, spec, false));
  return { kind: 'actions', actions: [deletion(volume, 'recreate'), noted, download(spec)] };
}

function decideRemoval(
  row: ObjectRow,
  { target, before, approved }: Wanted<JsonObject>,
  seen: ObjectObservation,
): Decision {
  if (before === undefined) return { kind: 'actions', actions: [] };
  const volume = volumeOf(before);
  const note = noteOf(row, volume, seen);
  const isNoted = note?.target === target;
  const forgotten: Action[] = isNoted
    ? [
        {
          summary: `forget where ${volume} came from`,
          impact: 'live',
          do: { kind: 'remove', paths: [notePath(row, volume)] },
        },
      ]
    : [];
  if (!seen.objects.has(volume)) return { kind: 'actions', actions: forgotten };
  if (!isOwn(note, target)) {
    const remarks = [`${volume} was not downloaded for ${target}: it stays`];
    return { kind: 'actions', actions: forgotten, remarks };
  }
  const holder = holderIn(row, volume, seen);
  if (holder !== null) {
    return { kind: 'impossible', reason: `${volume} is no longer declared, and ${holder}`, passing: true };
  }
  if (!approved) {
    const reason = `${row.label} ${nameOf(target)} is no longer declared, and deleting ${volume} loses ${row.lossOnDelete}; ${approvalHint('destroy', target)}`;
    return { kind: 'blocked', reason };
  }
  return { kind: 'actions', actions: [deletion(volume, 'destroy'), ...forgotten] };
}

function holderIn({ dependents }: ObjectRow, volume: string, { dependentFiles }: ObjectObservation): string | null {
  return dependents?.findDependent(volume, new Map(Object.entries(dependentFiles)), '') ?? null;
}

function isOwn(note: Note | null, target: string): boolean {
  return note !== null && !note.found && note.target === target;
}

/** What is unpacked has another checksum than what was fetched. */
function isComparable(spec: JsonObject): boolean {
  return spec['checksum'] !== undefined && spec['compression'] === undefined;
}

function noteFor(target: string, spec: JsonObject, found: boolean): Note {
  return {
    target,
    found,
    url: addressOf(spec),
    checksum: checksumOf(spec),
    compression: textOf(spec['compression']) ?? null,
  };
}

function addressOf({ url, reference }: JsonObject): string {
  return reference === undefined ? String(url) : `docker://${String(reference)}`;
}

/** `sha256:…`, in small letters; null where none is declared. */
function checksumOf(spec: JsonObject): string | null {
  const checksum = textOf(spec['checksum']);
  return checksum === undefined ? null : `${String(spec['checksum-algorithm'])}:${checksum.toLowerCase()}`;
}

function algorithmOf(checksum: string): string {
  return checksum.slice(0, checksum.indexOf(':'));
}

function textOf(value: Json | undefined): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function noteAction(row: ObjectRow, volume: string, note: Note): Action {
  const content = { from: 'text', text: `${JSON.stringify(note)}\n` } as const;
  return {
    summary: `note where ${volume} comes from`,
    impact: 'live',
    do: { kind: 'file', path: notePath(row, volume), content, mode: 0o600 },
    notes: true,
  };
}

/** Null where there is none, or none that can be read: then nothing is known of the file. */
function noteOf(row: ObjectRow, volume: string, { notes }: ObjectObservation): Note | null {
  const text = notes[notePath(row, volume)];
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as Note;
  } catch {
    return null;
  }
}

/** No filename that is declared has a plus, nor has a storage: no two files have one note. */
function notePath(row: ObjectRow, volume: string): string {
  return `${notesFolder(row)}/${volume.replace(/[:/]/g, '+')}`;
}
