// YAML for the programs of a lab. Loading its library takes longer than most programs run, so that it waits until it is needed.

import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** With merge keys, and without what compose's own tag `!reset` takes out. Fails with the library's words. */
export function parseYaml(text: string): unknown {
  const { parseDocument, visit } = load('yaml') as typeof import('yaml');
  const document = parseDocument(text, { merge: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw fault;
  visit(document, {
    Pair: (_, { value }) => ((value as { tag?: string } | null)?.tag === '!reset' ? visit.REMOVE : undefined),
  });
  return document.toJS();
}

export function printYaml(value: unknown): string {
  return (load('yaml') as typeof import('yaml')).stringify(value);
}
