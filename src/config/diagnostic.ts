// A problem of the configuration whose line is not yet determined.

import type { TargetId } from '../model/ids.ts';
import type { ProblemCode } from '../model/problem.ts';
import type { Place } from './read/place.ts';

/** A problem whose line is not yet determined. Its severity follows from the code, except with `isError`. */
export interface Diagnostic {
  readonly code: ProblemCode;
  /** The wrong value; a pointer to something absent stands for its nearest existing parent. */
  readonly at: Place;
  /** One sentence with the wrong values. */
  readonly message: string;
  /** How to fix it, if that is not obvious from the message. */
  readonly hint?: string;
  /** The target that is blocked; absent if the problem concerns the whole configuration. */
  readonly target?: TargetId;
  /** An error although its code is that of a warning. */
  readonly isError?: true;
  /** The problem is located at the name of the field instead of its value. */
  readonly onKey?: boolean;
  /** Known position, counted from 1, for files that are not JSON. */
  readonly position?: { readonly line: number; readonly column: number };
}
