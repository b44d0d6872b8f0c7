// Whether a form was sent by a page of this agent, shown to the person whose session it comes with. A browser adds the cookie by itself,
// so a page of a stranger could send a form in the name of whoever is signed in: this is what keeps it from that.

import type { IncomingMessage } from 'node:http';
import { secret } from '../../model/secret.ts';
import type { Access } from './access.ts';
import { sameSecret } from './timing-safe-equal.ts';

/**
 * By what the browser itself says of where a form came from. It says nothing where it is very old, or no browser: then there is no page
 * of a stranger either, and a form still has to carry the token of its session.
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

/** Whether the form carries what only pages of this session do. False for who is not signed in. */
export function carriesFormToken(access: Access, request: IncomingMessage, given: unknown): boolean {
  const person = access.person(request);
  return person !== null && typeof given === 'string' && sameSecret(given, secret(person.formToken));
}
