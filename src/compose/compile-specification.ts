// Compiles the JSON Schema of the Compose Specification. For most commands that takes longer than all that they do with a configuration, so a release
// contains the result in place of this file (scripts/package/build.mjs).

import type { ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import specification from './compose-spec.json' with { type: 'json' };

/** Optimised for compilation time: references stay calls, and the schema itself is validated by a test. */
export const AJV_OPTIONS = {
  allErrors: true,
  strict: false,
  verbose: true,
  logger: false,
  inlineRefs: false,
  validateSchema: false,
  meta: false,
} as const;

let compiled: ValidateFunction | undefined;

/** The check of a compose file, compiled at the first call. */
export function compiledSpecification(): ValidateFunction {
  compiled ??= new Ajv({ ...AJV_OPTIONS, code: { optimize: false } }).compile(specification);
  return compiled;
}
