// The comment at the head of a stack's file in Portainer: whose it is, of which version, and a digest that tells whether somebody
// changed it there.

import { textDigest } from '../guest/digest.ts';

const HEADING = 'Kept by Phoenix: what is changed here is overwritten. Change it in the repository instead.';

/** @param revision what decides how it is deployed */
export function headingOf(revision: string): string {
  return `${HEADING} Version ${revision}.`;
}

/**
 * Whether the text was sent as this version. Portainer 2.41 and later keep the new variables of an update that failed, and put the file
 * before it back (api/http/handler/stacks/stack_update.go, postDeploy): the variables alone do not tell.
 */
export function isOfVersion(text: string, revision: string): boolean {
  return text.split('\n', 1)[0]?.endsWith(` Version ${revision}.`) === true;
}

/** What stands in place of a secret in everything that is shown: then nothing can be said of the digest. */
const REDACTED = '‹secret›';

/** Whether the text is as Phoenix sent it. */
export function isIntact(text: string): boolean {
  if (text.includes(REDACTED)) return true;
  const [, digest = '', body = ''] = /^(?:#[^\n]*\n)*?# sha256 ([0-9a-f]{64})\n([\s\S]*)$/.exec(text) ?? [];
  return digest !== '' && textDigest(body) === digest;
}
