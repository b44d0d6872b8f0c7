// Parses files of `key: value` lines: those of the datacenter and of a node. Comments at their top, which Proxmox shows as the description, are left out.

import type { Options } from './section-config.ts';

export function parseOptionLines(text: string): Options {
  const lines = text.split('\n').flatMap((line): [string, readonly string[]][] => {
    const [, key, value = ''] = /^([a-z][a-z0-9_-]*):\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, [value]]];
  });
  return Object.fromEntries(lines);
}
