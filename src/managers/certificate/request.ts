// What `openssl req` is told. Names reach it in a file rather than in arguments: there it splits nothing. Its first line says how
// the certificate was asked for, so that one that a broken-off renewal left is known for what it is.

import { fitting } from '../../model/text.ts';
import type { CertificateSpec } from './certificate-spec.ts';

/** X.509 allows so many characters in a common name; a longer one stands among the alternative names only. */
const LONGEST_COMMON_NAME = 64;

/** What openssl reads as it is: a `$` begins a variable there, a backslash or `#` ends what is read, a comma another name. */
const NAME = /^[A-Za-z0-9*][A-Za-z0-9.:-]*$/;

/** @throws Error for a name that openssl would read as something else */
export function requestSettings(
  spec: Pick<CertificateSpec, 'commonName' | 'names' | 'authority' | 'lifetimeSeconds'>,
): string {
  const { commonName, names, authority, lifetimeSeconds } = spec;
  const lifetime = lifetimeSeconds === null ? 'as long as the authority likes' : `${lifetimeSeconds} s`;
  const written = names.map((name) => fitting(name, NAME, 'the request for a certificate'));
  const alternatives = written.map((name, index) =>
    /^[\d.]+$|:/.test(name) ? `IP.${index + 1} = ${name}` : `DNS.${index + 1} = ${name}`,
  );
  return [
    `# by ${authority?.by.kind ?? 'nobody'}, for ${lifetime}`,
    '[req]',
    'prompt = no',
    'distinguished_name = subject',
    'req_extensions = extensions',
    '[subject]',
    commonName.length > LONGEST_COMMON_NAME
      ? 'O = Phoenix'
      : `CN = ${fitting(commonName, NAME, 'the request for a certificate')}`,
    '[extensions]',
    'subjectAltName = @names',
    '[names]',
    ...alternatives,
    '',
  ].join('\n');
}
