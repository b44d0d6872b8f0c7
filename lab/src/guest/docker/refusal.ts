// How Docker's programs end when they will not do what they are told.

import { failed, type Outcome } from '../../tree/tree.ts';

export class DockerRefusal extends Error {
  readonly outcome: Outcome;

  constructor(message: string, code = 1) {
    super(message);
    this.outcome = failed(message, code);
  }
}
