// Whether a compose file keeps to the Compose Specification, by the schema of its authors (schema/compose-spec.json).

import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import type { Document, LineCounter } from 'yaml';
import type { Diagnostic } from '../config/diagnostic.ts';
import { nearest } from '../config/nearest.ts';
import { keysOf, pointer } from '../config/read/place.ts';
import specification from './compose-spec.json' with { type: 'json' };
import { diagnostic, placeOf } from './nodes.ts';

// Quick to make rather than quick to run, since most processes check a few files: refs stay calls, and the schema, which a test holds
// to its own meta-schema, is not checked again.
const ONCE = { code: { optimize: false }, inlineRefs: false, validateSchema: false, meta: false } as const;

let compiled: ValidateFunction | undefined;

/** UNKNOWN_KEY and INVALID_VALUE, each once per place. */
export function againstSpecification(
  path: string,
  value: unknown,
  document: Document.Parsed,
  lines: LineCounter,
): Diagnostic[] {
  compiled ??= new Ajv({ allErrors: true, strict: false, verbose: true, logger: false, ...ONCE }).compile(
    specification,
  );
  if (compiled(value)) return [];
  const errors = (compiled.errors ?? []).filter((error) => !isRepeatedLightly(error));
  return deepestErrors(errors).map((error) => {
    const extra = error.params.additionalProperty as string | undefined;
    if (extra === undefined) {
      const message = `${error.instancePath === '' ? 'a compose file' : `"${keysOf(error.instancePath).at(-1)}"`} ${error.message ?? 'is not valid'}`;
      return diagnostic(
        path,
        error.instancePath,
        'INVALID_VALUE',
        message,
        placeOf(document, lines, keysOf(error.instancePath)),
      );
    }
    const keys = [...keysOf(error.instancePath), extra];
    const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
    const meant = nearest(extra, known);
    const unknown = diagnostic(
      path,
      pointer(keys),
      'UNKNOWN_KEY',
      `"${extra}" is unknown here`,
      placeOf(document, lines, keys),
    );
    return meant === null ? unknown : { ...unknown, hint: `Did you mean "${meant}"?` };
  });
}

/** Lists that compose makes unique before it holds them to the specification (compose-go, override/uncity.go). */
const UNIQUE_LISTS =
  /^\/services\/[^/]+\/(annotations|build\/(additional_contexts|args|labels|tags)|cap_add|cap_drop|configs|deploy\/labels|devices|dns|dns_opt|dns_search|environment|env_file|expose|labels|links|networks\/[^/]+\/(aliases|link_local_ips)|ports|profiles|secrets|sysctls|tmpfs|volumes)$/;

function isRepeatedLightly({ keyword, instancePath }: ErrorObject): boolean {
  return keyword === 'uniqueItems' && UNIQUE_LISTS.test(instancePath);
}

/** Of alternatives that all fail, only what failed deepest tells people something; once per place. */
function deepestErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  const deepest = errors.filter(
    (error) => !errors.some((other) => other !== error && other.instancePath.startsWith(`${error.instancePath}/`)),
  );
  const byPlace = new Map<string, ErrorObject>();
  for (const error of deepest) {
    const key = `${error.instancePath} ${error.params.additionalProperty ?? ''}`;
    if (!byPlace.has(key)) byPlace.set(key, error);
  }
  return [...byPlace.values()];
}
