// Labels of the services of a compose file: lists and maps, with what aliases and merge keys stand for, and what a service takes from
// another one of the file by `extends`.

import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type YAMLMap } from 'yaml';
import type { ComposeLabel } from '../config-services.ts';
import { pointer } from '../read/place.ts';
import { positionOf } from './nodes.ts';

/** In their order; one that stands twice counts as compose lets it count, the last of a list and the nearest of merged maps. */
export function composeLabels(document: Document.Parsed, lines: LineCounter): ComposeLabel[] {
  const services = followed(
    document,
    isMap(document.contents) ? valueAt(document, document.contents, 'services') : null,
  );
  if (!isMap(services)) return [];
  return keysOf(document, services).flatMap((service) => {
    const found = new Map<string, ComposeLabel>();
    const own = labelsOf(document, services, service, 0);
    for (const { node, key, value, at } of own) {
      const path = pointer(['services', service, 'labels', at]);
      found.set(key ?? value.split('=')[0] ?? '', { service, key, value, path, ...positionOf(lines, node.range?.[0]) });
    }
    return [...found.values()];
  });
}

interface Written {
  readonly node: Node;
  /** Null: an entry of a list, which holds both. */
  readonly key: string | null;
  readonly value: string;
  /** Last word of the pointer. */
  readonly at: string;
}

/** Those that it has from another service come first: its own count more. */
function labelsOf(document: Document.Parsed, services: YAMLMap, service: string, depth: number): Written[] {
  const definition = followed(document, valueAt(document, services, service));
  if (!isMap(definition) || depth > 10) return [];
  const base = extended(document, definition);
  const inherited = base === null ? [] : labelsOf(document, services, base, depth + 1);
  return [...inherited, ...written(document, followed(document, valueAt(document, definition, 'labels')))];
}

/** The name of a service of the same file. */
function extended(document: Document.Parsed, definition: YAMLMap): string | null {
  const value = followed(document, valueAt(document, definition, 'extends'));
  if (isScalar(value)) return textOf(value);
  if (!isMap(value) || valueAt(document, value, 'file') !== undefined) return null;
  const name = followed(document, valueAt(document, value, 'service'));
  return isScalar(name) ? textOf(name) : null;
}

function written(document: Document.Parsed, labels: unknown): Written[] {
  if (isSeq(labels)) {
    return labels.items.flatMap((item, index) => {
      const value = followed(document, item);
      return isScalar(value) ? [{ node: item as Node, key: null, value: textOf(value), at: String(index) }] : [];
    });
  }
  if (!isMap(labels)) return [];
  return keysOf(document, labels).map((key) => {
    const pair = labels.items.find((each) => isScalar(each.key) && textOf(each.key) === key);
    const value = followed(document, valueAt(document, labels, key));
    const node = (isScalar(pair?.key) ? pair.key : isScalar(value) ? value : labels) as Node;
    return { node, key, value: isScalar(value) ? textOf(value) : '', at: key };
  });
}

/** With those that come by merging, once each. */
function keysOf(document: Document.Parsed, map: YAMLMap): string[] {
  const own = map.items.flatMap(({ key }) => (isScalar(key) && !isMerge(key) ? [textOf(key)] : []));
  return [...new Set([...basesOf(document, map).flatMap((base) => keysOf(document, base)), ...own])];
}

/** Its own, or that of the first merged map that has the key. */
function valueAt(document: Document.Parsed, map: YAMLMap, key: string): unknown {
  const own = map.items.find((pair) => isScalar(pair.key) && !isMerge(pair.key) && textOf(pair.key) === key);
  if (own !== undefined) return own.value;
  for (const base of basesOf(document, map)) {
    const value = valueAt(document, base, key);
    if (value !== undefined) return value;
  }
  return undefined;
}

function basesOf(document: Document.Parsed, map: YAMLMap): YAMLMap[] {
  return map.items.flatMap((pair) => {
    if (!isScalar(pair.key) || !isMerge(pair.key)) return [];
    const from = followed(document, pair.value);
    return (isSeq(from) ? from.items : [from]).map((each) => followed(document, each)).filter((each) => isMap(each));
  });
}

function isMerge({ value, source }: { value: unknown; source?: string }): boolean {
  return source === '<<' || value === '<<';
}

function followed(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** As compose turns a value into a text, whose YAML is that of Go's library: 0777 is a number to the base of eight. */
function textOf({ value, source, type }: { value: unknown; source?: string; type?: string }): string {
  if (value === null || value === undefined) return '';
  if (type !== 'PLAIN' || source === undefined || typeof value === 'string') return String(value);
  if (/^[-+]?0[0-7_]+$/.test(source)) return String(Number.parseInt(source.replaceAll('_', ''), 8));
  if (/^[-+]?\d+$/.test(source)) return source.replace(/^\+/, '');
  return String(value);
}
