// An error of Docker's programs, with its exit code.

import { failed, type Outcome } from '../../tree/tree.ts';

export class DockerRefusal extends Error {
  readonly outcome: Outcome;

  constructor(message: string, code = 1) {
    super(message);
    this.outcome = failed(message, code);
  }
}
