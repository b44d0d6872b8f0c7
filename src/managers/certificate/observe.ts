// What the node says of certificates. A key is only ever asked for its public half, by a program of the node.

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { nameOf } from '../../model/ids.ts';
import type { HostReader, Wanted } from '../manager.ts';
import { type Facts, factsOf } from './facts.ts';
import { lookAtUser, type UserState } from './hook.ts';
import { type Note, parseNote } from './note.ts';
import { beside, NOTES, type Paths, pathsOf } from './paths.ts';
import type { CertificateSpec, Owner } from './spec.ts';

interface FileState {
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly kind: 'file' | 'folder' | 'other';
}

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
export interface CertificateSurvey {
  readonly now: number;
  readonly notes: ReadonlyMap<string, Note>;
  readonly files: ReadonlyMap<string, FileState>;
  /** SHA-256 of certificates and roots. */
  readonly digests: ReadonlyMap<string, string>;
}

/** No certificate, and no root, is as long as this. */
const LONGEST = 1_000_000;

/** Two commands and the notes, however many certificates there are. */
export async function surveyCertificates(host: HostReader): Promise<CertificateSurvey> {
  const texts = await host.readFolders([NOTES]);
  const notes = new Map([...texts].flatMap(([path, text]) => entryOf(path, parseNote(text))));
  const all = [...notes.values()];
  const contents = all.flatMap(({ certPath, root }) => [certPath, root]);
  const files = await stat(host, [...new Set([...contents, ...all.map(({ keyPath }) => keyPath)])]);
  const digests = await digest(
    host,
    [...new Set(contents)].filter((path) => isReadable(files, path)),
  );
  return { now: Date.now(), notes, files, digests };
}

/** A guest that sees the folder can put there what never ends: a pipe, or a file without end. */
function isReadable(files: ReadonlyMap<string, FileState>, path: string): boolean {
  const file = files.get(path);
  return file?.kind === 'file' && file.size <= LONGEST;
}

function entryOf(path: string, note: Note | null): [string, Note][] {
  return note === null ? [] : [[path, note]];
}

/** What the survey allows to say: that files and root are still those of the note. Null where it must be looked at closely. */
export function glanceAtCertificate(survey: CertificateSurvey, wanted: Wanted): CertificateObservation | null {
  const spec = wanted.spec as CertificateSpec | undefined;
  const note = survey.notes.get(pathsOf(nameOf(wanted.target)).note) ?? null;
  const { now, files } = survey;
  if (spec === undefined) {
    if (note !== null) return null;
    return { ...UNKNOWN, now, note, files };
  }
  if (note === null || note.certificate === null || spec.authority === null) return null;
  const rootDigest = survey.digests.get(spec.authority.root) ?? null;
  const key = files.get(spec.keyPath);
  const unchanged =
    survey.digests.get(spec.certPath) === sha256(note.certificate) &&
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

function ownerBy(wanted: Owner, noted: Owner): CertificateObservation['owner'] {
  const same = wanted.user === noted.user && wanted.group === noted.group;
  const uid = wanted.uid ?? (same ? noted.uid : null);
  const gid = wanted.gid ?? (same ? noted.gid : null);
  return uid === null || gid === null ? null : { uid, gid };
}

export async function observeCertificate(host: HostReader, wanted: Wanted): Promise<CertificateObservation> {
  const spec = wanted.spec as CertificateSpec | undefined;
  const paths = pathsOf(nameOf(wanted.target));
  const note = parseNote(await host.readFile(paths.note));
  const now = Date.now();
  const files = await stat(host, watched(spec, paths));
  if (spec === undefined) {
    return { ...UNKNOWN, now, note, files };
  }
  const root = spec.authority === null ? null : ((await host.readFile(spec.authority.root)) ?? null);
  const [current, staged, asked, owner] = await Promise.all([
    pairOf(host, files, spec.certPath, spec.keyPath, root),
    pairOf(host, files, paths.certificate, paths.key, root),
    files.has(paths.settings) ? host.readFile(paths.settings) : undefined,
    resolveOwner(host, spec.owner),
  ]);
  const untold = note !== null && current.facts !== null && note.told !== current.facts.fingerprint;
  const user = spec.hook !== null && untold ? await lookAtUser(host, spec.hook) : null;
  const rootDigest = root === null ? null : sha256(root);
  return { now, note, rootDigest, files, current, staged, asked: asked ?? null, owner, user };
}

function watched(spec: CertificateSpec | undefined, paths: Paths): string[] {
  const { note: _, ...work } = paths;
  if (spec === undefined) return Object.values(work);
  const { certPath, keyPath } = spec;
  const own = [certPath, keyPath, beside(certPath), beside(keyPath), dirname(certPath), dirname(keyPath)];
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
    isReadable(files, key) ? publicHalf(host, key) : null,
  ]);
  return { text: text ?? null, facts: text === undefined ? null : factsOf(text, root), key: half };
}

/** Null for a file that is no key. */
async function publicHalf(host: HostReader, path: string): Promise<string | null> {
  const args = ['pkey', '-in', path, '-pubout'];
  const { exit, stdout } = await host.run({ kind: 'command', program: 'openssl', args, timeoutSeconds: 30 });
  return exit === 0 && stdout.includes('PUBLIC KEY') ? stdout.trim() : null;
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

const FORMAT = '%a:%u:%g:%s:%Y:%F:%n';
const STATE = /^([0-7]+):(\d+):(\d+):(\d+):(\d+):([^:]+):(.*)$/;
const KINDS: Readonly<Record<string, FileState['kind']>> = {
  'regular file': 'file',
  'regular empty file': 'file',
  directory: 'folder',
};

/** Those that are there; of a link, the link itself. One command. */
async function stat(host: HostReader, paths: readonly string[]): Promise<ReadonlyMap<string, FileState>> {
  const lines = await linesOf(host, 'stat', ['-c', FORMAT, '--', ...paths], paths.length);
  return new Map(
    lines.flatMap((line): [string, FileState][] => {
      const [, mode = '', uid, gid, size, modified, kind = '', path = ''] = STATE.exec(line) ?? [];
      if (path === '') return [];
      const numbers = { uid: Number(uid), gid: Number(gid), size: Number(size), modified: Number(modified) };
      return [[path, { mode: Number.parseInt(mode, 8), ...numbers, kind: KINDS[kind] ?? 'other' }]];
    }),
  );
}

/** SHA-256 by path of the files that are there. One command. */
async function digest(host: HostReader, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const lines = await linesOf(host, 'sha256sum', ['--', ...paths], paths.length);
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [, found = '', path = ''] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      return path === '' ? [] : [[path, found]];
    }),
  );
}

/** What both programs print of the files that are there; for those that are missing they end with an error after the rest. */
async function linesOf(host: HostReader, program: string, args: readonly string[], count: number): Promise<string[]> {
  if (count === 0) return [];
  const { exit, ended, stdout, stderr } = await host.run({ kind: 'command', program, args, timeoutSeconds: 60 });
  if (exit === null) throw new Error(`${program}: ${stderr.trim() || ended}`);
  return stdout.split('\n');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
