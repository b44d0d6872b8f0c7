// Collects diagnostics up to a limit, so that a file with nothing but mistakes stays cheap.

import { ERROR_CODES, type ProblemCode } from '../model/problem.ts';
import type { Diagnostic } from './diagnostic.ts';
import { MAX_PROBLEMS } from './limits.ts';

const ERRORS: ReadonlySet<ProblemCode> = new Set(ERROR_CODES);

/** Whether the diagnostic causes the commit to be rejected. */
export function isErrorDiagnostic({ code, isError }: Diagnostic): boolean {
  return isError === true || ERRORS.has(code);
}

/** Errors and warnings are limited separately, so that warnings never displace an error. */
export class Diagnostics {
  readonly #errors: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];

  add(diagnostics: Iterable<Diagnostic>): void {
    for (const diagnostic of diagnostics) {
      const list = isErrorDiagnostic(diagnostic) ? this.#errors : this.#warnings;
      if (list.length < MAX_PROBLEMS) list.push(diagnostic);
    }
  }

  /** Whether the limit of errors is reached, so that further ones are dropped. */
  get full(): boolean {
    return this.#errors.length >= MAX_PROBLEMS;
  }

  get all(): Diagnostic[] {
    return [...this.#errors, ...this.#warnings];
  }
}
