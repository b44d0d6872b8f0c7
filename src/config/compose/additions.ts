// Adds to the services of a compose file without changing what else stands in it: comments, anchors and order stay.

import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { ComposeAdditions } from '../../model/action.ts';

/** @throws Error when the text is no compose file or a service that is added to is not in it */
export function addToCompose(text: string, additions: ComposeAdditions): string {
  const document = parseDocument(text, { merge: true, uniqueKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(`the compose file cannot be read: ${fault.message}`);
  for (const [name, { labels = [], command = [], volumes = [] }] of Object.entries(additions)) {
    const service = ownMap(document, ['services', name]);
    if (service === null) throw new Error(`the compose file has no service ${name}`);
    if (labels.length > 0) addLabels(document, name, labels);
    if (command.length > 0) append(document, ['services', name, 'command'], command);
    if (volumes.length > 0) append(document, ['services', name, 'volumes'], volumes);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function addLabels(document: Document, service: string, labels: readonly string[]): void {
  const path = ['services', service, 'labels'];
  const present = resolved(document, path);
  if (isSeq(present)) {
    const list = own(document, path, present) as YAMLSeq;
    const keys = new Set(labels.map((label) => label.slice(0, label.indexOf('='))));
    list.items = list.items.filter((item) => !keys.has(String(isScalar(item) ? item.value : item).split('=')[0] ?? ''));
    for (const label of labels) list.add(document.createNode(escaped(label)));
    return;
  }
  const map = isMap(present) ? (own(document, path, present) as YAMLMap) : (document.createNode({}) as YAMLMap);
  for (const label of labels) {
    const at = label.indexOf('=');
    map.set(label.slice(0, at), document.createNode(escaped(label.slice(at + 1))));
  }
  if (!isMap(present)) document.setIn(path, map);
}

/** Arguments or entries after those that are there; a command that is one text is cut into its words first. */
function append(document: Document, path: readonly string[], more: readonly string[]): void {
  const present = resolved(document, path);
  if (isSeq(present)) {
    const list = own(document, path, present) as YAMLSeq;
    for (const each of more) list.add(document.createNode(escaped(each)));
    return;
  }
  const before = isScalar(present) && typeof present.value === 'string' ? present.value.split(/\s+/) : [];
  document.setIn(path, document.createNode([...before.filter((word) => word !== ''), ...more.map(escaped)]));
}

/** Compose replaces `$NAME` in every value; two dollar signs stand for one. */
function escaped(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** The node at a path; where an anchor is mentioned, what it stands for, and where it was merged in, that. */
function resolved(document: Document, path: readonly string[]): unknown {
  const node = document.getIn(path, true);
  if (isAlias(node)) return node.resolve(document);
  if (node !== undefined && node !== null) return node;
  const merged = path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    document.toJS(),
  );
  return merged === undefined || merged === null ? undefined : document.createNode(merged);
}

/** The same node as the path's own, so that nothing else that shares it is changed. */
function own(document: Document, path: readonly string[], node: unknown): unknown {
  if (document.getIn(path, true) === node) return node;
  const copy = document.createNode((node as YAMLMap | YAMLSeq).toJS(document));
  document.setIn(path, copy);
  return copy;
}

function ownMap(document: Document, path: readonly string[]): YAMLMap | null {
  const node = resolved(document, path);
  if (!isMap(node)) return null;
  return own(document, path, node) as YAMLMap;
}
