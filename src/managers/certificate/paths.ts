// Paths on the node that belong to a certificate beside its two files. The key is created in the work folder, which no guest sees and whose files the
// agent never reads in bulk; the notes are above it.

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
  /** The pair that was in use, until the new pair is. */
  readonly previousKey: string;
  readonly previousCertificate: string;
}

/** The paths for a certificate, by its common name. */
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

/** Temporary file that an interrupted earlier version of Phoenix may have left; not written any more. */
export function legacyTemporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.phoenix-new`);
}
