// YAML for the programs of a lab. Loading its library takes longer than most programs run, so that it waits until it is needed.

import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** With merge keys. Fails with the library's words. */
export function parseYaml(text: string): unknown {
  return (load('yaml') as typeof import('yaml')).parse(text, { merge: true });
}

export function printYaml(value: unknown): string {
  return (load('yaml') as typeof import('yaml')).stringify(value);
}
