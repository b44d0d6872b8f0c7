// Builds the compose file that is deployed: the config repo's text with additions, and a heading by which it is recognised later.

import { createHash } from 'node:crypto';
import { addToCompose } from '../../compose/additions.ts';
import type { Content } from '../../model/action.ts';

/** @param text content of the file in the config repo */
export function composeText(
  text: string,
  { additions, heading }: Pick<Extract<Content, { from: 'compose' }>, 'additions' | 'heading'>,
): string {
  const body = addToCompose(text, additions);
  if (heading === undefined) return body;
  const lines = heading.split('\n').map((line) => `# ${line}\n`);
  return `${lines.join('')}# sha256 ${createHash('sha256').update(body).digest('hex')}\n${body}`;
}
