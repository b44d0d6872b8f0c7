// A diagnostic for an object of the software-defined network, at its line.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { DeclaredObject } from '../declared.ts';
import { SDN } from './decide.ts';

/** @param keys path to what is wrong, below the object; empty for the object itself */
export function fault(
  { name, writtenAt }: DeclaredObject,
  keys: readonly (string | number)[],
  message: string,
): Diagnostic {
  const [key] = keys;
  return {
    code: 'INVALID_VALUE',
    at: placeIn(writtenAt, ...keys),
    message: `"${key ?? name}" ${message}`,
    target: SDN,
  };
}
