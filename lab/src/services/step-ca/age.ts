// Ages a certificate on the lab's node, so that nobody has to wait a day for its renewal: the same key and names, signed by the same authority, with
// other times.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeCertificate } from '../../certificates/certificates.ts';
import { STEP_PATH } from '../../guest/step-ca.ts';
import { insidePath } from '../../proxmox/guest/place.ts';
import { guestIds, openNode, pathOf } from '../../proxmox/node.ts';

const HOUR_MS = 3_600_000;

export interface Age {
  /** Id of the authority's container. */
  readonly authority: number;
  readonly hoursLived: number;
  readonly hoursLeft: number;
}

/** @param dir of the lab @param path of the certificate on its node */
export function ageCertificate(dir: string, path: string, { authority, hoursLived, hoursLeft }: Age): void {
  const node = openNode(resolve(dir));
  const inside = (file: string): string => readFileSync(insidePath(node, authority, `${STEP_PATH}/${file}`), 'utf8');
  const file = pathOf(node, path);
  const current = new X509Certificate(readFileSync(file));
  const names = (current.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  const intermediate = inside('certs/intermediate_ca.crt');
  const leaf = makeCertificate({
    subject: commonName(current),
    publicKey: current.publicKey,
    issuer: {
      name: commonName(new X509Certificate(intermediate)),
      key: createPrivateKey(inside('secrets/intermediate_ca_key')),
    },
    notBefore: new Date(Date.now() - hoursLived * HOUR_MS),
    notAfter: new Date(Date.now() + hoursLeft * HOUR_MS),
    names,
  });
  writeFileSync(file, `${leaf}${intermediate}`);
}

/** Ages it to three quarters of its lifetime, signed by the lab's authority. @returns why that is not possible; null on success */
export function ageNearExpiry(dir: string, path: string): string | null {
  const node = openNode(resolve(dir));
  if (!existsSync(pathOf(node, path))) return `there is no file ${path}`;
  const isAuthority = (id: number): boolean => existsSync(insidePath(node, id, `${STEP_PATH}/config/ca.json`));
  const authority = guestIds(node, 'lxc').find(isAuthority);
  if (authority === undefined) return 'no container of this lab is an authority';
  try {
    ageCertificate(dir, path, { authority, hoursLived: 18, hoursLeft: 6 });
    return null;
  } catch {
    return `${path} is not a certificate`;
  }
}

function commonName({ subject }: X509Certificate): string {
  return /CN=(.*)/.exec(subject)?.[1] ?? '';
}
