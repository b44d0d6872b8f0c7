// What Phoenix needs and does not find.

import { EXIT } from './io.ts';

/** Something that Phoenix needs is not there; the hint is the remedy. */
export class Missing extends Error {
  override readonly name = 'Missing';
  readonly exit = EXIT.missing;
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
