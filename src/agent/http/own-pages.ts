// Protects forms against CSRF: checks that a form was sent by one of this agent's own pages in the same session, since a browser also sends the
// cookie with forms of foreign pages.

import type { IncomingMessage } from 'node:http';
import { secret } from '../../model/secret.ts';
import type { Access } from './access.ts';
import { sameSecret } from './timing-safe-equal.ts';

/**
 * By the headers in which a browser reports the origin of a form. Very old browsers and other programs send none: then there is no foreign
 * page either, and the form still has to contain the session's token.
 */
export function isFromOwnPage({ headers }: Pick<IncomingMessage, 'headers'>, publicUrl: string | null): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  if (origin === undefined) return true;
  const from = URL.parse(origin)?.host;
  const ours = [host, publicUrl === null ? undefined : URL.parse(publicUrl)?.host];
  return from !== undefined && from !== '' && ours.includes(from);
}

/** Whether the form contains the session's token. False without a session. */
export function carriesFormToken(access: Access, request: IncomingMessage, given: unknown): boolean {
  const person = access.person(request);
  return person !== null && typeof given === 'string' && sameSecret(given, secret(person.formToken));
}
