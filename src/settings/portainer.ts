// How `phoenix import` comes to a Portainer server that Phoenix does not keep: its address, and a token of a person.

import type { Authority } from '../model/authority.ts';
import { type Secret, secret } from '../model/secret.ts';
import { authorities } from './authorities.ts';
import { valuesOf } from './variables.ts';

export interface PortainerAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: Secret;
}

export interface ReadAccess {
  /** Null where none is asked for. */
  readonly access: PortainerAccess | null;
  readonly authorities: readonly Authority[];
  /** Sentences. */
  readonly problems: readonly string[];
}

/** @param given the address on the command line; what PHOENIX_PORTAINER_URL says when undefined */
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

/** The address of its page, however much of the path is written; null for what is none. */
function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, origin, username, password, pathname } = new URL(text);
  // The token is that of an administrator: it never goes over a line in plain text.
  if (protocol !== 'https:' || username !== '' || password !== '') return null;
  return `${origin}${pathname.replace(/\/(api\/?)?$/, '')}`;
}
