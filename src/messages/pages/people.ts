// What is said of what people asked for.

import type { AskedRecord } from '../../ports/people.ts';

export const ASKED_PAGE = {
  title: 'What people asked for',
  about: 'The newest, on pages and by the API. Commands on the forge and pushes stand at their commits.',
  caption: 'Newest first',
  nothing: 'Nobody has asked for anything yet.',
} as const;

const WORDS: Readonly<Record<string, string>> = { drift: 'check of the host' };

/** `approve lxc/101 in run 7`. */
export function askedText({ what, about }: Pick<AskedRecord, 'what' | 'about'>): string {
  // Of a command the verb says what it is.
  const word = what === 'command' ? '' : (WORDS[what] ?? what);
  return [word, about].filter((each) => each !== '').join(' ');
}
