// The comment at the head of a stack's file in Portainer: its owner, its version, and a digest that shows whether somebody changed it there.

import { textDigest } from '../guest/digest.ts';

const HEADING = 'Kept by Phoenix: what is changed here is overwritten. Change it in the repository instead.';

/** @param revision digest of everything that decides how it is deployed */
export function headingOf(revision: string): string {
  return `${HEADING} Version ${revision}.`;
}

/**
 * Whether the text was sent as this version. After a failed update, Portainer 2.41 and later keep the new variables but restore the file
 * (api/http/handler/stacks/stack_update.go, postDeploy): the variables alone prove nothing.
 */
export function isOfVersion(text: string, revision: string): boolean {
  return text.split('\n', 1)[0]?.endsWith(` Version ${revision}.`) === true;
}

/** The replacement for a secret in everything that is shown: with it, the digest cannot be checked. */
const REDACTED = '‹secret›';

/** Whether the text is unchanged since Phoenix sent it. */
export function isIntact(text: string): boolean {
  if (text.includes(REDACTED)) return true;
  const { digest, body } = parts(text);
  return digest !== '' && textDigest(body) === digest;
}

/** The text below the heading; a text without one as it is. */
export function withoutHeading(text: string): string {
  const { digest, body } = parts(text);
  return digest === '' ? text : body;
}

function parts(text: string): { readonly digest: string; readonly body: string } {
  const [, digest = '', body = ''] = /^(?:#[^\n]*\n)*?# sha256 ([0-9a-f]{64})\n([\s\S]*)$/.exec(text) ?? [];
  return { digest, body };
}
