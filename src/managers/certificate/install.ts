// Installs the two files where their user reads them. The folder may belong to a guest, so nothing there is done by name: each file has its owner and
// mode before it is renamed into place. A reader finds the old or the new file, never half of one.

import { dirname } from 'node:path';
import type { Action, FileOwner, FilePlace } from '../../model/action.ts';
import { action } from '../guest/proxmox/command.ts';
import type { CertificateSpec } from './certificate-spec.ts';
import type { CertificateObservation } from './observe.ts';
import type { Paths } from './paths.ts';
import { octal } from './program.ts';

export const CERTIFICATE_MODE = 0o644;
const ROOT: FileOwner = { uid: 0, gid: 0 };

export function installCertificate(spec: CertificateSpec, seen: CertificateObservation, paths: Paths): Action[] {
  const { commonName, certPath, keyPath } = spec;
  const owner = seen.owner ?? ROOT;
  const folders = [...new Set([certPath, keyPath].map((path) => dirname(path)))].filter(
    (path) => !seen.files.has(path),
  );
  const previous = [
    [keyPath, paths.previousKey],
    [certPath, paths.previousCertificate],
  ].filter(([from = '', to = '']) => seen.files.get(from)?.kind === 'file' && !seen.files.has(to));
  const pair: FilePlace = {
    kind: 'place',
    files: [
      { from: paths.key, to: keyPath, owner, mode: spec.mode },
      { from: paths.certificate, to: certPath, owner, mode: CERTIFICATE_MODE },
    ],
  };
  return [
    ...folders.map((path) => action(`create the folder ${path}`, 'live', { kind: 'folder', path, ...owner } as const)),
    ...previous.map(([from = '', to = '']) =>
      action(`keep ${from} until the new one is in use`, 'live', {
        kind: 'place',
        files: [{ from, to, owner: ROOT, mode: 0o600 }],
      }),
    ),
    action(`move the certificate and the key of ${commonName} into place`, 'live', pair),
  ];
}

/** Corrects owner and mode of files with the right content. The files are written again, since the name may refer to another file by then. */
export function repair(spec: CertificateSpec, { files, owner }: CertificateObservation): Action[] {
  const wished = [
    [spec.keyPath, spec.mode],
    [spec.certPath, CERTIFICATE_MODE],
  ] as const;
  return wished.flatMap(([path, mode]) => {
    const file = files.get(path);
    if (file === undefined || owner === null) return [];
    const isOwned = file.uid === owner.uid && file.gid === owner.gid;
    if (isOwned && file.mode === mode) return [];
    const { user, group } = spec.owner;
    const given = file.mode === mode ? '' : ` with mode ${octal(mode)}`;
    const summary = isOwned ? `set the mode of ${path} to ${octal(mode)}` : `give ${path} to ${user}:${group}${given}`;
    return [action(summary, 'live', { kind: 'place', files: [{ from: path, to: path, owner, mode }] })];
  });
}
