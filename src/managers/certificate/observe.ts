// What the node says of certificates. A key is only ever asked for its public half, by a program of the node.

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

/** A certificate and a key, wherever they lie. */
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
  /** SHA-256 of the authority's root on the host; null: it is not there. */
  readonly rootDigest: string | null;
  /** Of every file and folder that matters, those that are there. */
  readonly files: ReadonlyMap<string, FileState>;
  readonly current: Pair;
  /** Made by us and not in use yet. */
  readonly staged: Pair;
  /** How that was asked for: the settings of its request. */
  readonly asked: string | null;
  /** Null: the host knows no such user or group. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Null where it need not be told anything. */
  readonly user: UserState | null;
}

export const NOTHING: Pair = { text: null, facts: null, key: null };
const UNKNOWN = { rootDigest: null, current: NOTHING, staged: NOTHING, asked: null, owner: null, user: null } as const;

/** What one look says of all certificates that were ever as declared. */
export interface CertificateInventory {
  readonly now: number;
  readonly notes: ReadonlyMap<string, Note>;
  readonly files: ReadonlyMap<string, FileState>;
}

/** The notes and one look at files, however many certificates there are. */
export async function inventoryOfCertificates(host: HostReader): Promise<CertificateInventory> {
  const texts = await host.readFolders([NOTES]);
  const notes = new Map([...texts].flatMap(([path, text]) => entryOf(path, parseNote(text))));
  const paths = [...notes.values()].flatMap(({ certPath, keyPath, root }) => [certPath, keyPath, root]);
  const files = await host.inspect([...new Set(paths)]);
  return { now: Date.now(), notes, files };
}

/** A guest that sees the folder can put there what is no file, or a link to what it may not read itself. */
function isReadable(files: ReadonlyMap<string, FileState>, path: string): boolean {
  return files.get(path)?.kind === 'file';
}

function entryOf(path: string, note: Note | null): [string, Note][] {
  return note === null ? [] : [[path, note]];
}

/** What the inventory allows to say: that files and root are still those of the note. Null where it must be looked at closely. */
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
  // The note was written when the chain led to this root and the key was this certificate's.
  const proved: Facts = { ...facts, trusted: true };
  const current: Pair = { text: note.certificate, facts: proved, key: facts.publicKey };
  return { ...UNKNOWN, now, note, rootDigest, files, current, owner };
}

/** How long the certificate holds that was brought last; null where none was, or where its file is another one since. */
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
