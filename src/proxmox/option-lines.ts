// Files that hold options of one thing, `key: value` a line, with notes for people as comments before them: of the datacenter and of a node.

import type { Options } from './section-config.ts';

export function parseOptionLines(text: string): Options {
  const lines = text.split('\n').flatMap((line): [string, readonly string[]][] => {
    const [, key, value = ''] = /^([a-z][a-z0-9_-]*):\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, [value]]];
  });
  return Object.fromEntries(lines);
}
