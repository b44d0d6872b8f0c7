// The configuration of `openssl req` for a certificate signing request. Names go into this file and not into arguments, where openssl would
// split them at its own separators. Its first line names issuer and lifetime, so that a request left by an interrupted renewal is recognised.

import { fitting } from '../../model/text.ts';
import type { CertificateSpec } from './certificate-spec.ts';

/** X.509 allows 64 characters in a common name (RFC 5280, ub-common-name); a longer one is only in the subject alternative names. */
const MAX_COMMON_NAME = 64;

/** Characters that openssl takes literally: in its files `$` begins a variable, `#` a comment, a backslash an escape, and a comma ends a value. */
const NAME = /^[A-Za-z0-9*][A-Za-z0-9.:-]*$/;

/** @throws Error for a name that openssl would read as something else */
export function csrConfig(
  spec: Pick<CertificateSpec, 'commonName' | 'names' | 'authority' | 'lifetimeSeconds'>,
): string {
  const { commonName, names, authority, lifetimeSeconds } = spec;
  const lifetime = lifetimeSeconds === null ? 'as long as the authority likes' : `${lifetimeSeconds} s`;
  const written = names.map((name) => fitting(name, NAME, 'the request for a certificate'));
  const subjectAltNames = written.map((name, index) =>
    /^[\d.]+$|:/.test(name) ? `IP.${index + 1} = ${name}` : `DNS.${index + 1} = ${name}`,
  );
  return [
    `# by ${authority?.by.kind ?? 'nobody'}, for ${lifetime}`,
    '[req]',
    'prompt = no',
    'distinguished_name = subject',
    'req_extensions = extensions',
    '[subject]',
    commonName.length > MAX_COMMON_NAME
      ? 'O = Phoenix'
      : `CN = ${fitting(commonName, NAME, 'the request for a certificate')}`,
    '[extensions]',
    'subjectAltName = @names',
    '[names]',
    ...subjectAltNames,
    '',
  ].join('\n');
}
