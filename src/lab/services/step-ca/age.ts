// A certificate on the lab's node as it will be when most of its lifetime has passed: the same key and names, signed by the same
// authority, other times. Waiting a day for it would prove no more.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeCertificate } from '../../certificates/certificates.ts';
import { STEP_PATH } from '../../guest/step-ca.ts';
import { insidePath } from '../../proxmox/guest/place.ts';
import { openNode, pathOf } from '../../proxmox/node.ts';

const HOUR_MS = 3_600_000;

export interface Age {
  /** Container of the authority. */
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

function commonName({ subject }: X509Certificate): string {
  return /CN=(.*)/.exec(subject)?.[1] ?? '';
}
