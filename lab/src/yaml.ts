// YAML for the programs of a lab.

import { parseDocument, stringify, visit } from 'yaml';

/** With merge keys, and without what compose's own tag `!reset` takes out. Fails with the library's words. */
export function parseYaml(text: string): unknown {
  const document = parseDocument(text, { merge: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw fault;
  visit(document, {
    Pair: (_, { value }) => ((value as { tag?: string } | null)?.tag === '!reset' ? visit.REMOVE : undefined),
  });
  return document.toJS();
}

export function printYaml(value: unknown): string {
  return stringify(value);
}
