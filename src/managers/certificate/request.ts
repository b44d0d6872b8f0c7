// What `openssl req` is told. Names reach it in a file rather than in arguments: there it splits nothing. Its first line says how
// the certificate was asked for, so that one that a broken-off renewal left is known for what it is.

import type { CertificateSpec } from './spec.ts';

/** X.509 allows so many characters in a common name; a longer one stands among the alternative names only. */
const LONGEST_COMMON_NAME = 64;

/** Names are those of a checked configuration: letters, digits, dots, colons, hyphens and a leading `*`. */
export function requestSettings(
  spec: Pick<CertificateSpec, 'commonName' | 'names' | 'authority' | 'lifetimeSeconds'>,
): string {
  const { commonName, names, authority, lifetimeSeconds } = spec;
  const lifetime = lifetimeSeconds === null ? 'as long as the authority likes' : `${lifetimeSeconds} s`;
  const alternatives = names.map((name, index) =>
    /^[\d.]+$|:/.test(name) ? `IP.${index + 1} = ${name}` : `DNS.${index + 1} = ${name}`,
  );
  return [
    `# by ${authority?.by.kind ?? 'nobody'}, for ${lifetime}`,
    '[req]',
    'prompt = no',
    'distinguished_name = subject',
    'req_extensions = extensions',
    '[subject]',
    commonName.length > LONGEST_COMMON_NAME ? 'O = Phoenix' : `CN = ${commonName}`,
    '[extensions]',
    'subjectAltName = @names',
    '[names]',
    ...alternatives,
    '',
  ].join('\n');
}
