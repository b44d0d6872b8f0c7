// How people name targets: on a command line, over HTTP, in a comment, in a commit's message. Whatever a plan shows is named as it is shown.

import type { TargetId } from './ids.ts';

/**
 * What the names of all kinds are made of: `101`, `1002.qdrant`, `*.example.org`, `ct:101`, `ada@pve!backup`, and environments of Portainer
 * with blanks and parentheses. As long as the name of a status on a commit may be.
 */
const NAME = '[\\p{L}\\p{N}*_][\\p{L}\\p{N}*_ .():@!+-]{0,245}';
export const TARGET_NAME = new RegExp(`^[a-z]+/${NAME}$`, 'u');

/** Whether a text is the id of a target, of any that could be declared. */
export function isTargetName(text: string): text is TargetId {
  return TARGET_NAME.test(text);
}

/** A target as a word of a line: in quotation marks where it has blanks. */
export function targetWord(target: string): string {
  return target.includes(' ') ? `"${target}"` : target;
}

/** The words of a line, between blanks and commas; what stands in quotation marks is one. */
export function targetWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|[^\s,]+/g)].map(([word, quoted]) => quoted ?? word).filter((word) => word !== '');
}
