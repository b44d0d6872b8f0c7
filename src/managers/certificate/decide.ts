// Compares a certificate as declared with the node, and decides the actions. A new one takes three rounds: key, request and signature; then both
// files are installed, once they are proved to match; then its user is notified. Each observation finds out how far it is, so a run may be
// interrupted anywhere, and the old pair stays in use until the new one is complete.

import type { Action } from '../../model/action.ts';
import { nameOf, type TargetId } from '../../model/ids.ts';
import { shellWord } from '../../model/text.ts';
import { frozenReason } from '../guest/observe/freezer.ts';
import { action } from '../guest/proxmox/command.ts';
import type { Decision, Wanted } from '../manager.ts';
import type { Authority, CertificateSpec } from './certificate-spec.ts';
import { csrConfig } from './csr-config.ts';
import { hookAction } from './hook.ts';
import { installCertificate, repair } from './install.ts';
import { type Note, printNote } from './note.ts';
import { type CertificateObservation, NOTHING } from './observe.ts';
import { obtain } from './obtain.ts';
import { legacyTemporaryPath, type Paths, pathsOf } from './paths.ts';
import { removal } from './program.ts';
import { faultOf } from './renewal.ts';

export function decideCertificate(wanted: Wanted<CertificateSpec>, seen: CertificateObservation): Decision {
  const spec = wanted.spec;
  const paths = pathsOf(nameOf(wanted.target));
  if (spec === undefined) return todo(forget(seen, paths));
  const { authority, commonName } = spec;
  if (authority === null)
    return impossible('nothing declared signs it: no container has the role it needs (ca, and gateway for acme)');
  if (seen.rootDigest === null) {
    return impossible(`the authority has not published its root certificate as ${authority.root} yet`, true);
  }
  if (seen.owner === null) return impossible(`the host knows no ${spec.owner.user}:${spec.owner.group}`);

  const fault = faultIn(spec, authority, seen);
  if (fault !== null) {
    const foreign = foreignFile(wanted, spec, seen);
    if (foreign !== null) return { kind: 'blocked', reason: foreign };
    if (!isUsable(spec, seen)) return todo(obtain(spec, authority, seen, paths, fault));
    // From here on the files at its paths belong to Phoenix.
    const claim = isNoted(spec, seen) ? [] : writeNote(wanted.target, spec, { ...seen, current: NOTHING });
    return todo([...claim, ...installCertificate(spec, seen, paths)]);
  }
  const repairs = repair(spec, seen);
  if (repairs.length > 0) return todo(repairs);
  if (seen.user === 'silent') {
    const waiting = `the VM that uses ${commonName} runs, but its guest agent does not answer, so it cannot be told of the new certificate`;
    return impossible(waiting, true);
  }
  if (seen.user === 'frozen' && spec.hook !== null)
    return impossible(`${frozenReason(spec.hook.guest)}; it cannot be told of the new certificate before`, true);
  const told = seen.user === 'ready' && spec.hook !== null ? [hookAction(spec.hook)] : [];
  return todo([...told, ...writeNote(wanted.target, spec, seen), ...tidy(wanted.target, spec, seen)]);
}

/** Why the installed pair is not as declared; null where it is. */
export function faultIn(spec: CertificateSpec, authority: Authority, seen: CertificateObservation): string | null {
  return faultOf(spec, seen.current.facts, seen.current.key, seen.now) ?? changedSince(seen, spec, authority);
}

function todo(actions: readonly Action[]): Decision {
  return { kind: 'actions', actions };
}

function impossible(reason: string, passing = false): Decision {
  return { kind: 'impossible', reason, ...(passing ? { passing: true } : {}) };
}

/** Whether the staged pair is what is wanted now. */
function isUsable(spec: CertificateSpec, { staged, asked, now }: CertificateObservation): boolean {
  return asked === csrConfig(spec) && faultOf(spec, staged.facts, staged.key, now) === null;
}

/** A difference that the certificate itself does not show: how it was requested. A pair that was just installed is not noted yet. */
function changedSince(seen: CertificateObservation, spec: CertificateSpec, { by }: Authority): string | null {
  const { note } = seen;
  if (note === null || note.certificate === null || note.certPath !== spec.certPath) return null;
  if (isJustInstalled(spec, seen)) return null;
  if (note.issuer !== by.kind) return 'it is to be issued another way';
  return note.lifetimeSeconds === spec.lifetimeSeconds ? null : 'its lifetime has changed';
}

/** Whether the installed pair is the staged one, which was requested as declared. */
export function isJustInstalled(spec: CertificateSpec, seen: CertificateObservation): boolean {
  return seen.current.facts?.fingerprint === seen.staged.facts?.fingerprint && isUsable(spec, seen);
}

function isNoted({ certPath, keyPath }: CertificateSpec, { note }: CertificateObservation): boolean {
  return note !== null && note.certPath === certPath && note.keyPath === keyPath;
}

/**
 * Why existing files may not be replaced; null when they may. Phoenix owns files that a note names, and certificates that the environment's own
 * authority issued to an earlier tool or another entry.
 */
function foreignFile(
  { target, adopt }: Wanted<CertificateSpec>,
  { certPath, keyPath }: CertificateSpec,
  { note, files, current: { facts, key } }: CertificateObservation,
): string | null {
  const isIssued = facts?.trusted === true && facts.publicKey === key;
  for (const path of [keyPath, certPath]) {
    const kind = files.get(path)?.kind;
    if (kind === 'folder') return `${path} is a folder: move it away`;
    const isOurs = note?.certPath === path || note?.keyPath === path;
    if (kind === undefined || isOurs || isIssued || adopt === true) continue;
    if (kind === 'link') {
      return `${path} is not ours: it is a symbolic link, or lies behind one, which others than root may have made and which is not followed; put the file or the folder itself there`;
    }
    return `${path} is not ours: move it away, or let Phoenix replace it with phoenix adopt ${shellWord(target)}`;
  }
  return null;
}

/**
 * Writes the note that the certificate is as declared and its user has been notified. A certificate from before the first note was not created by
 * Phoenix, so its user has it already.
 */
export function writeNote(target: TargetId, spec: CertificateSpec, seen: CertificateObservation): Action[] {
  const { current, files, owner, rootDigest } = seen;
  const key = files.get(spec.keyPath);
  const note: Note = {
    target,
    certPath: spec.certPath,
    keyPath: spec.keyPath,
    root: spec.authority?.root ?? '',
    rootDigest: rootDigest ?? '',
    issuer: spec.authority?.by.kind ?? 'jwk',
    lifetimeSeconds: spec.lifetimeSeconds,
    owner: { user: spec.owner.user, group: spec.owner.group, uid: owner?.uid ?? null, gid: owner?.gid ?? null },
    keyFile: key === undefined || current.facts === null ? null : { size: key.size, modified: key.modified },
    certificate: current.text,
    told: current.facts?.fingerprint ?? null,
  };
  if (seen.note !== null && printNote(seen.note) === printNote(note)) return [];
  const content = { from: 'text', text: printNote(note) } as const;
  return [
    action(`record the certificate for ${spec.commonName}`, 'live', {
      kind: 'file',
      path: pathsOf(nameOf(target)).note,
      content,
      mode: 0o644,
    }),
  ];
}

/** Removes temporary files. */
function tidy(target: TargetId, spec: CertificateSpec, seen: CertificateObservation): Action[] {
  const left = temporaryFiles(target, spec, seen);
  return left.length === 0 ? [] : [action('remove the temporary files of the renewal', 'live', removal(left))];
}

/** Those that are still there. */
export function temporaryFiles(
  target: TargetId,
  spec: CertificateSpec,
  { files }: Pick<CertificateObservation, 'files'>,
): string[] {
  const { note: _, ...work } = pathsOf(nameOf(target));
  const legacy = [legacyTemporaryPath(spec.keyPath), legacyTemporaryPath(spec.certPath)];
  return [...Object.values(work), ...legacy].filter((path) => files.has(path));
}

/** Removes the note. The certificate's files may be in use and stay. */
function forget(seen: CertificateObservation, paths: Paths): Action[] {
  if (seen.note === null) return [];
  const { certPath, keyPath } = seen.note;
  const { note, ...work } = paths;
  const left = Object.values(work).filter((path) => seen.files.has(path));
  const summary = `forget the certificate; its files stay and are no longer renewed: ${certPath}, ${keyPath}`;
  return [action(summary, 'live', removal([...left, note]))];
}
