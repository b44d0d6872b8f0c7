// A question before what cannot be taken back: what would be done was shown, and a person says yes, in one place for all commands.

import { AGREED } from '../messages/command.ts';
import type { Io } from './io.ts';

export interface Question {
  readonly text: string;
  /** What must be typed: a name where one letter is typed too easily. Default: y or yes. */
  readonly answer?: string;
}

/** `nobody`: there is no terminal to ask at. */
export async function agreed({ text, answer }: Question, { ask }: Pick<Io, 'ask'>): Promise<'yes' | 'no' | 'nobody'> {
  if (ask === undefined) return 'nobody';
  const typed = (await ask(text))?.trim() ?? '';
  const isYes = answer === undefined ? AGREED.test(typed) : typed === answer;
  return isYes ? 'yes' : 'no';
}
