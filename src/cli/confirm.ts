// The confirmation before irreversible actions, shared by all commands.

import { AGREED } from '../messages/command.ts';
import type { Io } from './io.ts';

export interface Question {
  readonly text: string;
  /** Required input: a name where a single letter is too easy. Default: y or yes. */
  readonly answer?: string;
}

/** `nobody`: there is no terminal. */
export async function confirm({ text, answer }: Question, { ask }: Pick<Io, 'ask'>): Promise<'yes' | 'no' | 'nobody'> {
  if (ask === undefined) return 'nobody';
  const typed = (await ask(text))?.trim() ?? '';
  const isYes = answer === undefined ? AGREED.test(typed) : typed === answer;
  return isYes ? 'yes' : 'no';
}
