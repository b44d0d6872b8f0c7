// The path to a value in an encrypted file, as written after the `#` of a reference.

import { keysOf } from '../read/place.ts';
import { childOf, type SopsFile, type SopsNode } from './file.ts';

export interface FoundValue {
  readonly keys: readonly string[];
  readonly leaf: Extract<SopsNode, { kind: 'leaf' }>;
}

/**
 * Accepts `db.password`, a JSON pointer `/db/password`, or `["db"]["password"]` as `sops --extract` does; list elements by index from 0. A key that
 * equals the whole text takes precedence. Null if there is no single value.
 */
export function valueAt({ values }: Pick<SopsFile, 'values'>, path: string): FoundValue | null {
  for (const keys of waysOf(path)) {
    const leaf = keys.reduce<SopsNode | undefined>((node, key) => node && childOf(node, key), values);
    if (leaf?.kind === 'leaf' && leaf.value !== null) return { keys, leaf };
  }
  return null;
}

function waysOf(path: string): readonly (readonly string[])[] {
  const bracketed = /^(?:\["(?:[^"\\]|\\.)*"\]|\['[^']*'\]|\[\d+\])+$/.test(path)
    ? [[...path.matchAll(/\[(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\d+))\]/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')]
    : [];
  const pointer = path.startsWith('/') ? [keysOf(path)] : [];
  return [[path], ...bracketed, ...pointer, path.split('.'), path.split('/')];
}
