// The two files where their user reads them: written beside the old ones first, owned and closed as they are to be, then renamed. A
// reader finds the old or the new, never half.

import { dirname } from 'node:path';
import type { Action } from '../../model/action.ts';
import { action } from '../guest/proxmox/command.ts';
import type { CertificateObservation } from './observe.ts';
import { beside, type Paths } from './paths.ts';
import { octal, program } from './program.ts';
import type { CertificateSpec } from './spec.ts';

const CERTIFICATE_MODE = 0o644;

export function putInPlace(spec: CertificateSpec, seen: CertificateObservation, paths: Paths): Action[] {
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
  // Without -T a link to a folder that stands there would be followed into it.
  const install = (mode: number, from: string, to: string) =>
    program('install', ['-T', ...own, '-m', octal(mode), '--', from, to]);
  return [
    ...folders.map((path) => action(`make the folder ${path}`, 'live', { kind: 'folder', path, uid, gid } as const)),
    ...previous.map(([from = '', to = '']) =>
      action(`keep ${from} until the new one is in use`, 'live', program('cp', ['-p', '--', from, to])),
    ),
    action(`put the new key of ${commonName} beside the old`, 'live', install(spec.mode, paths.key, beside(keyPath))),
    action(
      `put the new certificate of ${commonName} beside the old`,
      'live',
      install(CERTIFICATE_MODE, paths.certificate, beside(certPath)),
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

/** Owner and mode of files that are otherwise right. */
export function repair(spec: CertificateSpec, { files, owner }: CertificateObservation): Action[] {
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
