// Validates a compose file against the JSON Schema of the Compose Specification (compose-spec.json).

import type { ErrorObject } from 'ajv';
import type { Document, LineCounter } from 'yaml';
import type { Diagnostic } from '../config/diagnostic.ts';
import { nearest } from '../config/nearest.ts';
import { keysOf, pointer } from '../config/read/place.ts';
import { compiledSpecification } from './compile-specification.ts';
import { diagnostic, placeOf } from './nodes.ts';

/** Reports UNKNOWN_KEY and INVALID_VALUE, once per place. */
export function againstSpecification(
  path: string,
  value: unknown,
  document: Document.Parsed,
  lines: LineCounter,
): Diagnostic[] {
  const check = compiledSpecification();
  if (check(value)) return [];
  const errors = (check.errors ?? []).filter((error) => !isRepeatedLightly(error));
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

/** Lists that compose deduplicates before validation (compose-go, override/uncity.go). */
const UNIQUE_LISTS =
  /^\/services\/[^/]+\/(annotations|build\/(additional_contexts|args|labels|tags)|cap_add|cap_drop|configs|deploy\/labels|devices|dns|dns_opt|dns_search|environment|env_file|expose|labels|links|networks\/[^/]+\/(aliases|link_local_ips)|ports|profiles|secrets|sysctls|tmpfs|volumes)$/;

function isRepeatedLightly({ keyword, instancePath }: ErrorObject): boolean {
  return keyword === 'uniqueItems' && UNIQUE_LISTS.test(instancePath);
}

/** If all alternatives fail, only the deepest errors are meaningful; once per place. */
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
