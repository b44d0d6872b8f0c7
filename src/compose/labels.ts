// Extracts the labels of services: lists and maps, with aliases, merge keys and `extends` resolved.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { pointer } from '../config/read/place.ts';
import type { ComposeLabel } from './contents.ts';
import { aliasTargets, positionOf } from './nodes.ts';
import { plainText } from './plain-scalars.ts';

/** In order; duplicates are resolved like compose does: the last of a list and the nearest of merged maps. */
export function composeLabels({ contents: root }: Document.Parsed, lines: LineCounter): ComposeLabel[] {
  const aliases = aliasTargets(root);
  const top = isMap(root) ? followed(aliases, entriesOf(aliases, root).get('services')?.value) : null;
  if (!isMap(top)) return [];
  const services = entriesOf(aliases, top);
  return [...services.keys()].flatMap((service) => {
    const found = new Map<string, ComposeLabel>();
    for (const { node, key, value, at } of labelsOf(aliases, services, service, 0)) {
      const path = pointer(['services', service, 'labels', at]);
      found.set(key ?? value.split('=')[0] ?? '', { service, key, value, path, ...positionOf(lines, node.range?.[0]) });
    }
    return [...found.values()];
  });
}

type Aliases = ReadonlyMap<Alias, Node>;

interface Written {
  readonly node: Node;
  /** Null for a list entry, which contains both. */
  readonly key: string | null;
  readonly value: string;
  /** Last segment of the pointer. */
  readonly at: string;
}

/** Inherited labels come first, so that its own override them. */
function labelsOf(aliases: Aliases, services: Entries, service: string, depth: number): Written[] {
  const definition = followed(aliases, services.get(service)?.value);
  if (!isMap(definition) || depth > 10) return [];
  const fields = entriesOf(aliases, definition);
  const base = extended(aliases, followed(aliases, fields.get('extends')?.value));
  const inherited = base === null ? [] : labelsOf(aliases, services, base, depth + 1);
  return [...inherited, ...written(aliases, followed(aliases, fields.get('labels')?.value))];
}

/** The extended service, if it is in the same file. */
function extended(aliases: Aliases, value: unknown): string | null {
  if (isScalar(value)) return textOf(value);
  if (!isMap(value)) return null;
  const fields = entriesOf(aliases, value);
  const name = followed(aliases, fields.get('service')?.value);
  return isScalar(name) && !fields.has('file') ? textOf(name) : null;
}

function written(aliases: Aliases, labels: unknown): Written[] {
  if (isSeq(labels)) {
    return labels.items.flatMap((item, index) => {
      const value = followed(aliases, item);
      return isScalar(value) ? [{ node: item as Node, key: null, value: textOf(value), at: String(index) }] : [];
    });
  }
  if (!isMap(labels)) return [];
  return [...entriesOf(aliases, labels)].map(([key, entry]) => {
    const value = followed(aliases, entry.value);
    return { node: entry.key, key, value: isScalar(value) ? textOf(value) : '', at: key };
  });
}

type Entries = ReadonlyMap<string, { readonly key: Node; readonly value: unknown }>;

/** Entries of a map including merge keys (`<<`): its own take precedence, then the first merged map. */
function entriesOf(aliases: Aliases, map: YAMLMap): Entries {
  const entries = new Map<string, { readonly key: Node; readonly value: unknown }>();
  const bases = map.items.flatMap(({ key, value }) => {
    if (!isScalar(key) || !isMerge(key)) return [];
    const from = followed(aliases, value);
    return (isSeq(from) ? from.items : [from]).map((each) => followed(aliases, each)).filter((each) => isMap(each));
  });
  for (const base of bases.reverse()) for (const [name, entry] of entriesOf(aliases, base)) entries.set(name, entry);
  for (const { key, value } of map.items) if (isScalar(key) && !isMerge(key)) entries.set(textOf(key), { key, value });
  return entries;
}

function isMerge({ value, source }: { value: unknown; source?: string }): boolean {
  return source === '<<' || value === '<<';
}

function followed(aliases: Aliases, node: unknown): unknown {
  return isAlias(node) ? aliases.get(node) : node;
}

function textOf({ value, source, type, tag }: Scalar): string {
  const isWritten = type === 'PLAIN' && tag === undefined;
  return isWritten ? plainText(typeof value === 'string' ? value : (source ?? '')) : String(value ?? '');
}
