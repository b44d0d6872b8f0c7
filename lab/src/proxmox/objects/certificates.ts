// The certificates of the node (pve-manager, PVE/API2/Certificates.pm and PVE/CertHelpers.pm; pve-common, PVE/Certificate.pm): what those that are there
// tell, and the one of its web interface, which can be replaced.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { basename } from 'node:path';
import { answersOf } from '../answers.ts';
import { type Call, print } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { text } from '../verb-parameters.ts';

/** Answers a call on them; undefined for any other call. */
export const certificateCall = answersOf({
  'GET /nodes/{node}/certificates/info': ({ node }) =>
    ['etc/pve/pve-root-ca.pem', `etc/pve/nodes/${node.name}/pve-ssl.pem`, pagePaths(node).certificate].flatMap(
      (path) => (existsSync(pathOf(node, path)) ? [infoOf(node, path)] : []),
    ),
  'POST /nodes/{node}/certificates/custom': (call, parameters) => {
    const key = text(parameters, 'key');
    if (key === undefined && !existsSync(pathOf(call.node, pagePaths(call.node).key)))
      refuseParameters({ key: 'Attempted to upload custom certificate without (existing) key.' });
    print(call, 'Setting custom certificate files');
    setPageCertificate(call.node, text(parameters, 'certificates') ?? '', key, parameters['force'] === '1');
    restarted(call, parameters['restart']);
    return infoOf(call.node, pagePaths(call.node).certificate);
  },
  'DELETE /nodes/{node}/certificates/custom': (call, parameters) => {
    print(call, 'Deleting custom certificate files');
    for (const path of Object.values(pagePaths(call.node))) rmSync(pathOf(call.node, path), { force: true });
    restarted(call, parameters['restart']);
  },
});

function restarted(call: Call, isAsked: unknown): void {
  if (isAsked === '1') print(call, 'Restarting pveproxy');
}

/** Where the certificate of the node's web interface is, and its key. */
export function pagePaths(node: LabNode): { readonly certificate: string; readonly key: string } {
  const prefix = `etc/pve/nodes/${node.name}/pveproxy-ssl`;
  return { certificate: `${prefix}.pem`, key: `${prefix}.key` };
}

/** Sets them. @param givenKey undefined: the key that is there stays */
export function setPageCertificate(node: LabNode, chain: string, givenKey: string | undefined, force: boolean): void {
  const paths = pagePaths(node);
  if (!force && existsSync(pathOf(node, paths.certificate)))
    refuse('Custom certificate file exists but force flag is not set.');
  if (!force && existsSync(pathOf(node, paths.key)))
    refuse('Custom certificate key file exists but force flag is not set.');
  const [certificate, key] = [
    withoutText(chain),
    withoutText(givenKey ?? readFileSync(pathOf(node, paths.key), 'utf8')),
  ];
  if (!isPair(certificate, key))
    refuse('Setting certificate files failed - key does not match the certificate (chain) ()');
  replaceFile(pathOf(node, paths.certificate), certificate);
  replaceFile(pathOf(node, paths.key), key);
}

/** Without what stands before the first block. */
function withoutText(pem: string): string {
  return pem.slice(Math.max(0, pem.indexOf('-----BEGIN ')));
}

function isPair(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return refuseParameters({ certificates: 'value does not look like a valid PEM certificate chain' });
  }
}

/** What a certificate tells, the first of its chain. */
function infoOf(node: LabNode, path: string): object {
  const certificate = new X509Certificate(readFileSync(pathOf(node, path)));
  const { asymmetricKeyType, asymmetricKeyDetails = {} } = certificate.publicKey;
  const seconds = (date: string): number => Math.trunc(Date.parse(date) / 1000);
  return {
    filename: basename(path),
    fingerprint: certificate.fingerprint256,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    notbefore: seconds(certificate.validFrom),
    notafter: seconds(certificate.validTo),
    san: namesIn(certificate.subjectAltName ?? ''),
    pem: certificate.toString(),
    'public-key-type': asymmetricKeyType === 'rsa' ? 'rsaEncryption' : 'id-ecPublicKey',
    'public-key-bits': asymmetricKeyDetails.modulusLength ?? 256,
  };
}

/** `/O=Lab/CN=pve`: a name as OpenSSL writes it in one line. */
function oneLine(name: string): string {
  return name
    .split('\n')
    .map((part) => `/${part}`)
    .join('');
}

/** DNS names and addresses; those of IPv6 with all their digits. */
function namesIn(names: string): string[] {
  return names.split(', ').flatMap((name) => {
    const [, value] = /^(?:DNS|IP Address):(.+)$/.exec(name) ?? [];
    if (value === undefined) return [];
    if (!isIPv6(value)) return [value];
    return [
      value
        .split(':')
        .map((group) => group.toLowerCase().padStart(4, '0'))
        .join(':'),
    ];
  });
}
