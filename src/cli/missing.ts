// The error for missing requirements.

import { EXIT } from './io.ts';

/** A requirement is missing; the hint is the remedy. */
export class Missing extends Error {
  override readonly name = 'Missing';
  readonly exit = EXIT.missing;
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
