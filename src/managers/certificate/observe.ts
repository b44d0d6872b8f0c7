// Observes certificates on the node. Of a key, only the public half is ever read, by a program of the node.

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Validity } from '../../model/environment.ts';
import { nameOf } from '../../model/ids.ts';
import type { FileState } from '../../ports/host.ts';
import { publishedText } from '../guest/published.ts';
import type { HostReader, Wanted } from '../manager.ts';
import type { CertificateSpec, Owner } from './certificate-spec.ts';
import { type Facts, factsOf } from './facts.ts';
import { observeUser, type UserState } from './hook.ts';
import { type Note, parseNote } from './note.ts';
import { legacyTemporaryPath, NOTES, type Paths, pathsOf } from './paths.ts';

/** A certificate and a key. */
export interface Pair {
  readonly text: string | null;
  readonly facts: Facts | null;
  /** Public half of the key, as PEM; null where there is none. */
  readonly key: string | null;
}

export interface CertificateObservation {
  /** In milliseconds. */
  readonly now: number;
  readonly note: Note | null;
  /** SHA-256 of the authority's root on the host; null: there is none. */
  readonly rootDigest: string | null;
  /** The relevant files and folders that exist. */
  readonly files: ReadonlyMap<string, FileState>;
  readonly current: Pair;
  /** Created by Phoenix and not in use yet. */
  readonly staged: Pair;
  /** The settings of the request for the staged certificate. */
  readonly asked: string | null;
  /** Null: the host has no such user or group. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Null where nobody has to be notified. */
  readonly user: UserState | null;
}

export const NOTHING: Pair = { text: null, facts: null, key: null };
const UNKNOWN = { rootDigest: null, current: NOTHING, staged: NOTHING, asked: null, owner: null, user: null } as const;

/** The inventory: all certificates that have a note. */
export interface CertificateInventory {
  readonly now: number;
  readonly notes: ReadonlyMap<string, Note>;
  readonly files: ReadonlyMap<string, FileState>;
}

/** Reads the notes and inspects files once, however many certificates there are. */
export async function inventoryOfCertificates(host: HostReader): Promise<CertificateInventory> {
  const texts = await host.readFolders([NOTES]);
  const notes = new Map([...texts].flatMap(([path, text]) => entryOf(path, parseNote(text))));
  const paths = [...notes.values()].flatMap(({ certPath, keyPath, root }) => [certPath, keyPath, root]);
  const files = await host.inspect([...new Set(paths)]);
  return { now: Date.now(), notes, files };
}

/**
 * Only a regular file may be read: a guest that mounts the folder could put something else there, or a link to a file that it may not read itself.
 */
function isReadable(files: ReadonlyMap<string, FileState>, path: string): boolean {
  return files.get(path)?.kind === 'file';
}

function entryOf(path: string, note: Note | null): [string, Note][] {
  return note === null ? [] : [[path, note]];
}

/** The observation, if files and root are unchanged since the note; null where a full observation is needed. */
export function quickCheckOfCertificate(
  inventory: CertificateInventory,
  wanted: Wanted<CertificateSpec>,
): CertificateObservation | null {
  const spec = wanted.spec;
  const note = inventory.notes.get(pathsOf(nameOf(wanted.target)).note) ?? null;
  const { now, files } = inventory;
  if (spec === undefined) {
    if (note !== null) return null;
    return { ...UNKNOWN, now, note, files };
  }
  if (note === null || note.certificate === null || spec.authority === null) return null;
  const rootDigest = files.get(spec.authority.root)?.digest ?? null;
  const key = files.get(spec.keyPath);
  const unchanged =
    files.get(spec.certPath)?.digest === sha256(note.certificate) &&
    rootDigest === note.rootDigest &&
    note.root === spec.authority.root &&
    note.keyPath === spec.keyPath &&
    key?.size === note.keyFile?.size &&
    key?.modified === note.keyFile?.modified;
  const facts = factsOf(note.certificate, null);
  if (!unchanged || facts === null) return null;
  if (spec.hook !== null && note.told !== facts.fingerprint) return null;
  const owner = ownerBy(spec.owner, note.owner);
  if (owner === null) return null;
  // Holds, since the note was written when the chain led to this root and the key matched this certificate.
  const proved: Facts = { ...facts, trusted: true };
  const current: Pair = { text: note.certificate, facts: proved, key: facts.publicKey };
  return { ...UNKNOWN, now, note, rootDigest, files, current, owner };
}

/** The validity of the noted certificate; null where there is none, or where its file has changed since. */
export function certificateValidity(
  { notes, files }: CertificateInventory,
  wanted: Wanted<CertificateSpec>,
): Validity | null {
  const text = notes.get(pathsOf(nameOf(wanted.target)).note)?.certificate ?? null;
  const path = wanted.spec?.certPath;
  if (text === null || path === undefined || files.get(path)?.digest !== sha256(text)) return null;
  const facts = factsOf(text, null);
  if (facts === null) return null;
  return { from: new Date(facts.notBefore).toISOString(), until: new Date(facts.notAfter).toISOString() };
}

function ownerBy(wanted: Owner, noted: Owner): CertificateObservation['owner'] {
  const same = wanted.user === noted.user && wanted.group === noted.group;
  const uid = wanted.uid ?? (same ? noted.uid : null);
  const gid = wanted.gid ?? (same ? noted.gid : null);
  return uid === null || gid === null ? null : { uid, gid };
}

export async function observeCertificate(
  host: HostReader,
  wanted: Wanted<CertificateSpec>,
): Promise<CertificateObservation> {
  const spec = wanted.spec;
  const paths = pathsOf(nameOf(wanted.target));
  const note = parseNote(await host.readFile(paths.note));
  const now = Date.now();
  const files = await host.inspect(watched(spec, paths));
  if (spec === undefined) {
    return { ...UNKNOWN, now, note, files };
  }
  const root = spec.authority === null ? null : await publishedText(host, spec.authority.root);
  const [current, staged, asked, owner] = await Promise.all([
    pairOf(host, files, spec.certPath, spec.keyPath, root),
    pairOf(host, files, paths.certificate, paths.key, root),
    files.has(paths.settings) ? host.readFile(paths.settings) : undefined,
    resolveOwner(host, spec.owner),
  ]);
  const untold = note !== null && current.facts !== null && note.told !== current.facts.fingerprint;
  const user = spec.hook !== null && untold ? await observeUser(host, spec.hook) : null;
  const rootDigest = root === null ? null : sha256(root);
  return { now, note, rootDigest, files, current, staged, asked: asked ?? null, owner, user };
}

function watched(spec: CertificateSpec | undefined, paths: Paths): string[] {
  const { note: _, ...work } = paths;
  if (spec === undefined) return Object.values(work);
  const { certPath, keyPath } = spec;
  const own = [
    certPath,
    keyPath,
    legacyTemporaryPath(certPath),
    legacyTemporaryPath(keyPath),
    dirname(certPath),
    dirname(keyPath),
  ];
  return [...new Set([...own, ...Object.values(work)])];
}

async function pairOf(
  host: HostReader,
  files: ReadonlyMap<string, FileState>,
  certificate: string,
  key: string,
  root: string | null,
): Promise<Pair> {
  const [text, half] = await Promise.all([
    isReadable(files, certificate) ? host.readFile(certificate) : undefined,
    isReadable(files, key) ? host.publicKey(key) : null,
  ]);
  return { text: text ?? null, facts: text === undefined ? null : factsOf(text, root), key: half };
}

async function resolveOwner(host: HostReader, owner: Owner): Promise<CertificateObservation['owner']> {
  const idIn = async (file: string, name: string): Promise<number | null> => {
    const line = (await host.readFile(file))?.split('\n').find((each) => each.startsWith(`${name}:`));
    const id = Number(line?.split(':')[2] ?? 'none');
    return Number.isInteger(id) ? id : null;
  };
  const uid = owner.uid ?? (await idIn('/etc/passwd', owner.user));
  const gid = owner.gid ?? (await idIn('/etc/group', owner.group));
  return uid === null || gid === null ? null : { uid, gid };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
