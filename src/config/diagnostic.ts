// A problem of the configuration before its line is looked up.

import type { TargetId } from '../model/ids.ts';
import type { ProblemCode } from '../model/problem.ts';
import type { Place } from './read/place.ts';

/** A problem before its line is looked up. Its severity follows from the code, but for `isError`. */
export interface Diagnostic {
  readonly code: ProblemCode;
  /** What is written there is wrong; a pointer to something that is not written stands for its nearest parent. */
  readonly at: Place;
  /** One sentence: what is wrong, with the values that are. */
  readonly message: string;
  /** What to do about it, when there is more to say. */
  readonly hint?: string;
  /** The target that is held back; absent when it concerns the whole configuration. */
  readonly target?: TargetId;
  /** An error, though its code is that of a warning. */
  readonly isError?: true;
  /** Shows the name of the field instead of its value. */
  readonly onKey?: boolean;
  /** Already known, from 1: for what is not JSON. */
  readonly position?: { readonly line: number; readonly column: number };
}
