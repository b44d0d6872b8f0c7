// Access of `phoenix import` to an unmanaged Portainer server: address and a user's token.

import type { Authority } from '../model/authority.ts';
import { type Secret, secret } from '../model/secret.ts';
import { authorities } from './authorities.ts';
import { valuesOf } from './variables.ts';

export interface PortainerAccess {
  /** Without trailing slash. */
  readonly url: string;
  readonly token: Secret;
}

export interface ReadAccess {
  /** Null if not requested. */
  readonly access: PortainerAccess | null;
  readonly authorities: readonly Authority[];
  /** Error messages. */
  readonly problems: readonly string[];
}

/** @param given address on the command line; default: PHOENIX_PORTAINER_URL */
export function readPortainerAccess(
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): ReadAccess {
  const problems: string[] = [];
  const report = (_severity: string, _variable: string, message: string, hint: string) =>
    problems.push(`${message}; ${hint}`);
  const values = valuesOf(environment, readFile, report, [
    'PHOENIX_PORTAINER_URL',
    'PHOENIX_PORTAINER_TOKEN',
    'PHOENIX_CA',
  ]);
  const written = given ?? values.get('PHOENIX_PORTAINER_URL');
  const token = values.get('PHOENIX_PORTAINER_TOKEN')?.trim();
  const pem = values.get('PHOENIX_CA');
  const trusted = pem === undefined ? { value: [] } : authorities(pem);
  if ('wrong' in trusted) problems.push(`PHOENIX_CA_FILE: ${trusted.wrong}`);
  const named = 'value' in trusted ? trusted.value : [];
  if (written === undefined) return { access: null, authorities: named, problems };
  const url = originOf(written);
  if (url === null)
    problems.push(
      `${JSON.stringify(written)} is no address of Portainer; write it as https://10.0.0.111:9443, without a user and a password`,
    );
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    problems.push('what is given as the token of Portainer holds signs that no token has; copy it again');
  else if (token === undefined)
    problems.push(
      'no token for Portainer is given; make one in its page (My account, Access tokens), and set PHOENIX_PORTAINER_TOKEN, or PHOENIX_PORTAINER_TOKEN_FILE to a file that holds it',
    );
  return {
    access: url === null || token === undefined || problems.length > 0 ? null : { url, token: secret(token) },
    authorities: named,
    problems,
  };
}

/** The origin of the address, without path; null if invalid. */
function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, origin, username, password, pathname } = new URL(text);
  // An administrator's token must not be sent unencrypted.
  if (protocol !== 'https:' || username !== '' || password !== '') return null;
  return `${origin}${pathname.replace(/\/(api\/?)?$/, '')}`;
}
