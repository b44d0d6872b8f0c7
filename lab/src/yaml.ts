// YAML for the lab's programs.

import { parseDocument, stringify, visit } from 'yaml';

/** Parses YAML with merge keys, and removes what compose's tag `!reset` resets. Fails with the library's message. */
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
