// What is missing between a certificate as declared and as it is. A new one is made in three looks: key, request and signature;
// then, proved to belong together, both files in place; then its user is told. Each look finds out how far it is, so that it may be
// broken off anywhere, and what is in use stays in use until the new pair is complete.

import { dirname } from 'node:path';
import type { Action, Command } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import { action } from '../guest/command.ts';
import type { Decision, Wanted } from '../manager.ts';
import { tell } from './hook.ts';
import { type Note, printNote } from './note.ts';
import type { CertificateObservation } from './observe.ts';
import { beside, type Paths, pathsOf, WORK } from './paths.ts';
import { faultOf } from './renewal.ts';
import { requestSettings } from './request.ts';
import type { Authority, CertificateSpec } from './spec.ts';

const CERTIFICATE_MODE = 0o644;
const SIGNING_SECONDS = 180;

export function decideCertificate(wanted: Wanted, seen: CertificateObservation): Decision {
  const spec = wanted.spec as CertificateSpec | undefined;
  const paths = pathsOf(nameOf(wanted.target));
  if (spec === undefined) return todo(forget(seen, paths));
  const { authority, commonName } = spec;
  if (authority === null)
    return impossible('nothing declared signs it: no container has the role it needs (ca, and gateway for acme)');
  if (seen.rootDigest === null) {
    return impossible(`the authority has not published its root certificate as ${authority.root} yet`, true);
  }
  if (seen.owner === null) return impossible(`the host knows no ${spec.owner.user}:${spec.owner.group}`);

  const fault = faultOf(spec, seen.current.facts, seen.current.key, seen.now) ?? changedSince(seen, spec, authority);
  if (fault !== null) {
    const usable = faultOf(spec, seen.staged.facts, seen.staged.key, seen.now) === null;
    return todo(usable ? putInPlace(wanted, spec, seen, paths) : obtain(spec, authority, seen, paths, fault));
  }
  const repairs = repair(spec, seen);
  if (repairs.length > 0) return todo(repairs);
  if (seen.user === 'silent') {
    const waiting = `the VM that uses ${commonName} runs, but its guest agent does not answer, so it cannot be told of the new certificate`;
    return impossible(waiting, true);
  }
  const told = seen.user === 'ready' && spec.hook !== null ? [tell(spec.hook)] : [];
  return todo([...told, ...writeNote(wanted, spec, seen, paths), ...tidy(seen, paths)]);
}

function todo(actions: readonly Action[]): Decision {
  return { kind: 'actions', actions };
}

function impossible(reason: string, passing = false): Decision {
  return { kind: 'impossible', reason, ...(passing ? { passing: true } : {}) };
}

/** What the certificate itself does not show: how it was asked for. One that was just put in place is not noted yet. */
function changedSince(
  { note, current, staged }: CertificateObservation,
  spec: CertificateSpec,
  { by }: Authority,
): string | null {
  if (note === null || note.certificate === null || note.certPath !== spec.certPath) return null;
  if (current.facts?.fingerprint === staged.facts?.fingerprint) return null;
  if (note.issuer !== by.kind) return 'it is to be issued another way';
  return note.lifetimeSeconds === spec.lifetimeSeconds ? null : 'its lifetime has changed';
}

/** Key and request on the node, the signature from the authority; all in the work folder. */
function obtain(
  spec: CertificateSpec,
  authority: Authority,
  seen: CertificateObservation,
  paths: Paths,
  fault: string,
): Action[] {
  const { commonName } = spec;
  const left = [paths.key, paths.certificate].filter((path) => seen.files.has(path));
  const { facts } = seen.current;
  const until = facts === null || facts.notAfter <= seen.now ? null : shownTime(facts.notAfter);
  const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  return [
    action('make the folder for keys and requests', 'live', { kind: 'folder', path: WORK, uid: null, gid: null }),
    ...(left.length === 0
      ? []
      : [action('remove what a broken-off renewal left', 'live', program('rm', ['-f', '--', ...left]))]),
    action(
      `make a key for ${commonName} (${fault})`,
      'live',
      program('openssl', ['genpkey', ...curve, '-out', paths.key]),
    ),
    action(`write what the request for ${commonName} says`, 'live', {
      kind: 'file',
      path: paths.settings,
      content: { from: 'text', text: requestSettings(commonName, spec.names) },
      mode: 0o644,
    }),
    action(
      `make the request for ${commonName}`,
      'live',
      program('openssl', ['req', '-new', '-config', paths.settings, '-key', paths.key, '-out', paths.request]),
    ),
    action(`get the certificate for ${commonName} from ${authority.url}`, 'live', {
      kind: 'signing',
      request: paths.request,
      certificate: paths.certificate,
      commonName,
      names: spec.names,
      lifetimeSeconds: spec.lifetimeSeconds,
      authority: authority.url,
      address: authority.address,
      root: authority.root,
      by: authority.by,
      timeoutSeconds: SIGNING_SECONDS,
      until,
    }),
  ];
}

function shownTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Beside the old files first, owned and closed as they are to be, then renamed: a reader finds the old or the new, never half. */
function putInPlace(wanted: Wanted, spec: CertificateSpec, seen: CertificateObservation, paths: Paths): Action[] {
  const { commonName, certPath, keyPath } = spec;
  const { uid, gid } = seen.owner ?? { uid: 0, gid: 0 };
  const own = ['-o', String(uid), '-g', String(gid)];
  const folders = [...new Set([certPath, keyPath].map((path) => dirname(path)))].filter(
    (path) => !seen.files.has(path),
  );
  const previous = [
    [keyPath, paths.previousKey],
    [certPath, paths.previousCertificate],
  ].filter(([from = '', to = '']) => seen.files.get(from)?.kind === 'file' && !seen.files.has(to));
  const keepNote = seen.note !== null ? [] : writeNote(wanted, spec, { ...seen, current: NOTHING }, paths);
  return [
    ...folders.map((path) => action(`make the folder ${path}`, 'live', { kind: 'folder', path, uid, gid } as const)),
    ...keepNote,
    ...previous.map(([from = '', to = '']) =>
      action(`keep ${from} until the new one is in use`, 'live', program('cp', ['-p', '--', from, to])),
    ),
    action(
      `put the new key of ${commonName} beside the old`,
      'live',
      program('install', [...own, '-m', octal(spec.mode), '--', paths.key, beside(keyPath)]),
    ),
    action(
      `put the new certificate of ${commonName} beside the old`,
      'live',
      program('install', [...own, '-m', octal(CERTIFICATE_MODE), '--', paths.certificate, beside(certPath)]),
    ),
    action(
      `put the key of ${commonName} in place`,
      'live',
      program('mv', ['-f', '-T', '--', beside(keyPath), keyPath]),
    ),
    action(
      `put the certificate of ${commonName} in place`,
      'live',
      program('mv', ['-f', '-T', '--', beside(certPath), certPath]),
    ),
  ];
}

const NOTHING = { text: null, facts: null, key: null } as const;

/** Owner and mode of files that are otherwise right. */
function repair(spec: CertificateSpec, { files, owner }: CertificateObservation): Action[] {
  const wished = [
    [spec.keyPath, spec.mode],
    [spec.certPath, CERTIFICATE_MODE],
  ] as const;
  return wished.flatMap(([path, mode]) => {
    const file = files.get(path);
    if (file === undefined || owner === null) return [];
    const { uid, gid } = owner;
    return [
      ...(file.uid === uid && file.gid === gid
        ? []
        : [
            action(
              `give ${path} to ${spec.owner.user}:${spec.owner.group}`,
              'live',
              program('chown', ['-h', '--', `${uid}:${gid}`, path]),
            ),
          ]),
      ...(file.mode === mode
        ? []
        : [action(`set the mode of ${path} to ${octal(mode)}`, 'live', program('chmod', ['--', octal(mode), path]))]),
    ];
  });
}

/**
 * The note that it is as declared and that its user knows. A certificate that was there before the first note was not made by us, so
 * that whoever uses it has it already.
 */
function writeNote(wanted: Wanted, spec: CertificateSpec, seen: CertificateObservation, paths: Paths): Action[] {
  const { current, files, owner, rootDigest } = seen;
  const key = files.get(spec.keyPath);
  const note: Note = {
    target: wanted.target,
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
    action(`note the certificate for ${spec.commonName}`, 'live', {
      kind: 'file',
      path: paths.note,
      content,
      mode: 0o644,
    }),
  ];
}

/** What was only needed on the way. */
function tidy({ files }: CertificateObservation, { note: _, ...work }: Paths): Action[] {
  const left = Object.values(work).filter((path) => files.has(path));
  return left.length === 0
    ? []
    : [action('remove what was only needed on the way', 'live', program('rm', ['-f', '--', ...left]))];
}

/** Its files may be in use: they stay. */
function forget(seen: CertificateObservation, paths: Paths): Action[] {
  if (seen.note === null) return [];
  const { certPath, keyPath } = seen.note;
  const { note, ...work } = paths;
  const left = Object.values(work).filter((path) => seen.files.has(path));
  const summary = `forget the certificate; its files stay and are renewed no more: ${certPath}, ${keyPath}`;
  return [action(summary, 'live', program('rm', ['-f', '--', ...left, note]))];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function program(name: string, args: readonly string[]): Command {
  return { kind: 'command', program: name, args, timeoutSeconds: 60 };
}
