// Traversal and positions of YAML nodes.

import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
} from 'yaml';
import type { Diagnostic } from '../config/diagnostic.ts';

/** Visits every node with its path; aliases are not followed. */
export function eachNode(root: unknown, see: (node: Node, at: readonly (string | number)[]) => void): void {
  const open: { node: unknown; at: readonly (string | number)[] }[] = [{ node: root, at: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, at } = next;
    if (isAlias(node) || !(isScalar(node) || isCollection(node))) continue;
    see(node, at);
    if (!isCollection(node)) continue;
    const children = isMap(node)
      ? node.items.map((pair) => ({ node: pair.value, at: [...at, isScalar(pair.key) ? String(pair.key.value) : '?'] }))
      : node.items.map((item, index) => ({ node: item, at: [...at, index] }));
    for (const child of children.reverse()) open.push(child);
  }
}

/** The target of each alias: the last preceding node with that anchor. In text order. */
export function aliasTargets(root: unknown): Map<Alias, Node> {
  const targets = new Map<Alias, Node>();
  const named = new Map<string, Node>();
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (isAlias(node)) {
      const target = named.get(node.source);
      if (target !== undefined) targets.set(node, target);
      continue;
    }
    if (isScalar(node) || isCollection(node)) if (node.anchor !== undefined) named.set(node.anchor, node as Node);
    if (isMap(node)) for (const { key, value } of node.items.toReversed()) open.push(value, key);
    else if (isSeq(node)) open.push(...node.items.toReversed());
  }
  return targets;
}

/** Number of values with expanded aliases; infinite for an alias inside its own anchor. */
export function unfoldedSize(root: unknown): number {
  const sizes = new Map<string, number>();
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) return sizes.get(node.source) ?? 1;
    if (!isCollection(node)) {
      if (isScalar(node) && node.anchor !== undefined) sizes.set(node.anchor, 1);
      return 1;
    }
    if (node.anchor !== undefined) sizes.set(node.anchor, Number.POSITIVE_INFINITY);
    const children = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : node.items;
    const size = children.reduce((sum: number, child) => sum + sizeOf(child), 1);
    if (node.anchor !== undefined) sizes.set(node.anchor, size);
    return size;
  };
  return sizeOf(root);
}

/** Line of the innermost existing node on the path. */
export function placeOf(document: Document.Parsed, lines: LineCounter, keys: readonly string[]) {
  let node: unknown = document.contents;
  let offset = isCollection(node) ? node.range?.[0] : 0;
  for (const key of keys) {
    if (!isCollection(node)) break;
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const next: unknown = pair?.value ?? (isMap(node) ? undefined : node.get(Number(key), true));
    offset =
      (isScalar(pair?.key) ? pair.key.range?.[0] : undefined) ?? (next as Node | undefined)?.range?.[0] ?? offset;
    node = next;
  }
  return positionOf(lines, offset);
}

export function positionOf(lines: LineCounter, offset: number | undefined) {
  const { line, col } = lines.linePos(offset ?? 0);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

export function diagnostic(
  path: string,
  at: string,
  code: Diagnostic['code'],
  message: string,
  position: Diagnostic['position'],
): Diagnostic {
  return { code, at: { file: path, path: at }, message, ...(position === undefined ? {} : { position }) };
}
