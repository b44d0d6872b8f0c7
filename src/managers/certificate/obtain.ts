// Obtains a new certificate in the work folder while the old one stays in use: key and request are created on the node, and the authority signs.

import type { Action } from '../../model/action.ts';
import { action } from '../guest/proxmox/command.ts';
import type { Authority, CertificateSpec } from './certificate-spec.ts';
import { csrConfig } from './csr-config.ts';
import type { CertificateObservation } from './observe.ts';
import { type Paths, WORK } from './paths.ts';
import { program, removal } from './program.ts';

const SIGNING_SECONDS = 180;

/** @param fault why the present certificate is not acceptable */
export function obtain(
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
    action('create the folder for keys and requests', 'live', { kind: 'folder', path: WORK, uid: null, gid: null }),
    ...(left.length === 0 ? [] : [action('remove the files of an interrupted renewal', 'live', removal(left))]),
    action(
      `make a key for ${commonName} (${fault})`,
      'live',
      program('openssl', ['genpkey', ...curve, '-out', paths.key]),
    ),
    action(`write the settings of the request for ${commonName}`, 'live', {
      kind: 'file',
      path: paths.settings,
      content: { from: 'text', text: csrConfig(spec) },
      mode: 0o644,
    }),
    action(
      `make the request for ${commonName}`,
      'live',
      program('openssl', ['req', '-new', '-config', paths.settings, '-key', paths.key, '-out', paths.request]),
    ),
    action('sign the certificate', 'live', {
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
