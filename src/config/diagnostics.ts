// Diagnostics as they come, up to as many as anybody reads: a file made of nothing but mistakes must not cost more than that.

import { ERROR_CODES, type ProblemCode } from '../model/problem.ts';
import type { Diagnostic } from './diagnostic.ts';
import { MAX_PROBLEMS } from './limits.ts';

const ERRORS: ReadonlySet<ProblemCode> = new Set(ERROR_CODES);

/** Whether a diagnostic refuses the commit wherever it is found. */
export function isErrorDiagnostic({ code, isError }: Diagnostic): boolean {
  return isError === true || ERRORS.has(code);
}

/** Errors and warnings are limited each on its own, so that warnings never hide an error. */
export class Diagnostics {
  readonly #errors: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];

  add(diagnostics: Iterable<Diagnostic>): void {
    for (const diagnostic of diagnostics) {
      const list = isErrorDiagnostic(diagnostic) ? this.#errors : this.#warnings;
      if (list.length < MAX_PROBLEMS) list.push(diagnostic);
    }
  }

  /** There are so many errors that no further one would be kept. */
  get full(): boolean {
    return this.#errors.length >= MAX_PROBLEMS;
  }

  get all(): Diagnostic[] {
    return [...this.#errors, ...this.#warnings];
  }
}
