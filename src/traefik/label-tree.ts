// Label keys as a tree (traefik/paerser 0.2.2, parser/labels_decode.go): segments are case-insensitive, and `a[0]` is two.

import { folded } from './fold.ts';

export interface LabelFault {
  /** The key as written. */
  readonly key: string;
  readonly kind: 'unknown' | 'invalid';
  readonly message: string;
  /** The unknown segment. */
  readonly word?: string;
  readonly known?: readonly string[];
}

/** A segment with its children. */
export interface Node {
  readonly name: string;
  value: string;
  /** Key of the label that ends here; null for inner nodes. */
  key: string | null;
  readonly children: Node[];
  /** Children by folded name. */
  readonly byName: Map<string, Node>;
  /** Index of its first label. */
  first: number;
}

const ROOT = 'traefik';

/** Builds the tree of labels with these prefixes. Invalid keys are reported and skipped. */
export function treeOf(labels: ReadonlyMap<string, string>, filters: readonly string[], faults: LabelFault[]): Node {
  const root = newNode(ROOT);
  const places = new Map([...labels.keys()].map((key, at) => [key, at]));
  const keys = [...labels.keys()].filter((key) => hasPrefix(key, filters)).sort((a, b) => (a < b ? -1 : 1));
  for (const key of keys) {
    const words = wordsOf(key);
    if (typeof words === 'string') {
      faults.push({ key, kind: 'invalid', message: words });
      continue;
    }
    let node = root;
    for (const word of words.slice(1)) {
      const next = node.byName.get(folded(word)) ?? newNode(word);
      if (next.first === Number.POSITIVE_INFINITY) {
        node.children.push(next);
        node.byName.set(folded(word), next);
      }
      next.first = Math.min(next.first, places.get(key) ?? 0);
      node = next;
    }
    node.value = labels.get(key) ?? '';
    node.key = key;
  }
  return root;
}

function newNode(name: string): Node {
  return { name, value: '', key: null, children: [], byName: new Map(), first: Number.POSITIVE_INFINITY };
}

/** The error text for an invalid key. */
function wordsOf(key: string): string[] | string {
  const words = key.split('.');
  if (words.length > MAX_WORDS) return `${key.slice(0, 100)}… has more words than any label`;
  if (words[0] !== ROOT) return `${key} begins with "${words[0]}", and Traefik reads "${ROOT}" in small letters only`;
  const split: string[] = [];
  for (const word of words) {
    if (word === '') return `${key} has an empty word between its dots`;
    if (word.startsWith('[')) return `${key} has an index without a name before it`;
    const bracket = word.endsWith(']') ? word.indexOf('[') : 0;
    if (bracket < 0) return `${key} closes a bracket that is not opened`;
    if (bracket === 0) split.push(word);
    else split.push(word.slice(0, bracket), word.slice(bracket));
  }
  return split;
}

const MAX_WORDS = 100;

export function keysBelow(node: Node): string[] {
  return [...(node.key === null ? [] : [node.key]), ...node.children.flatMap(keysBelow)];
}

export function firstBelow({ key, children }: Node): string | null {
  return key ?? (children[0] === undefined ? null : firstBelow(children[0]));
}

/** In the order of their first labels. */
export function asWritten({ children }: Node): Node[] {
  return [...children].sort((a, b) => a.first - b.first);
}

export function hasPrefix(key: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => key.slice(0, prefix.length).toLowerCase() === prefix);
}
