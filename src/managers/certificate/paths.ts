// Where things of a certificate lie on the node beside its two files. The key is made in the work folder, which no guest sees and
// the agent never reads as a whole; the notes lie above it.

import { basename, dirname, join } from 'node:path';

/** One note for each certificate; everything in it is public. */
export const NOTES = '/var/lib/phoenix/certificates';
export const WORK = `${NOTES}/work`;
export const ACCOUNT = `${WORK}/acme-account.key`;

export interface Paths {
  readonly note: string;
  readonly key: string;
  readonly certificate: string;
  readonly request: string;
  readonly settings: string;
  /** What was in use before, until the new pair is in use. */
  readonly previousKey: string;
  readonly previousCertificate: string;
}

/** By the common name. */
export function pathsOf(name: string): Paths {
  const file = encodeURIComponent(name);
  const work = join(WORK, file);
  return {
    note: join(NOTES, `${file}.json`),
    key: `${work}.key`,
    certificate: `${work}.crt`,
    request: `${work}.csr`,
    settings: `${work}.cnf`,
    previousKey: `${work}.previous.key`,
    previousCertificate: `${work}.previous.crt`,
  };
}

/** What an earlier version of Phoenix left beside a file when it was interrupted; nothing is written there any more. */
export function legacyTemporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.phoenix-new`);
}
