// Findings as they come, up to as many as anybody reads: a file made of nothing but mistakes must not cost more than that.

import { ERROR_CODES, type ProblemCode } from '../model/problem.ts';
import type { Finding } from './finding.ts';
import { MAX_PROBLEMS } from './limits.ts';

const ERRORS: ReadonlySet<ProblemCode> = new Set(ERROR_CODES);

/** Whether a finding refuses the commit wherever it is found. */
export function isErrorFinding({ code, isError }: Finding): boolean {
  return isError === true || ERRORS.has(code);
}

/** Errors and warnings are limited each on its own, so that warnings never hide an error. */
export class Findings {
  readonly #errors: Finding[] = [];
  readonly #warnings: Finding[] = [];

  add(findings: Iterable<Finding>): void {
    for (const finding of findings) {
      const list = isErrorFinding(finding) ? this.#errors : this.#warnings;
      if (list.length < MAX_PROBLEMS) list.push(finding);
    }
  }

  /** There are so many errors that no further one would be kept. */
  get full(): boolean {
    return this.#errors.length >= MAX_PROBLEMS;
  }

  get all(): Finding[] {
    return [...this.#errors, ...this.#warnings];
  }
}
