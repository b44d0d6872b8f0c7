// Adds to the services of a compose file at their places in its text, so that whatever else stands in it stays as it was written. What
// services share by anchors gets an addition for one of them only there: the first other place that mentions the anchor is given what
// stood at it, and the anchor.

import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { ComposeAdditions } from '../../model/action.ts';
import { applyEdits, type Edit } from './edits.ts';
import { asFlow, followed, mergedIn, pairOf, quoted, type YamlSource, yamlSource } from './source.ts';

type More = ComposeAdditions[string];
/** How each field takes what is added. */
type Field = 'labels' | 'command' | 'volumes';

interface Work {
  readonly source: YamlSource;
  readonly edits: Edit[];
  /** Nodes that are changed where they stand. */
  readonly changed: Set<Node>;
  /** Aliases in whose place something else stands now. */
  readonly replaced: Set<Alias>;
}

/** @throws Error when the text is no compose file, or a service that is added to is not in it */
export function addToCompose(text: string, additions: ComposeAdditions): string {
  const source = yamlSource(text);
  const work: Work = { source, edits: [], changed: new Set(), replaced: new Set() };
  const root = source.document.contents;
  const services = isMap(root) ? followed(source, pairOf(root, 'services')?.value) : undefined;
  for (const [name, more] of Object.entries(additions)) {
    if (!isMap(services)) throw new Error(`the compose file has no service ${name}`);
    addToService(work, services, name, fieldsOf(more));
  }
  return applyEdits(text, [...work.edits, ...anchorsMoved(work)]);
}

function fieldsOf({ labels = [], command = [], volumes = [] }: More): [Field, readonly string[]][] {
  const all: [Field, readonly string[]][] = [
    ['labels', labels],
    ['command', command],
    ['volumes', volumes],
  ];
  return all.filter(([, more]) => more.length > 0);
}

function addToService(
  work: Work,
  services: YAMLMap,
  name: string,
  fields: readonly [Field, readonly string[]][],
): void {
  const { source } = work;
  const pair = pairOf(services, name);
  const written = pair === undefined ? mergedIn(source, services, name) : pair.value;
  const service = followed(source, written);
  if (!isMap(service)) throw new Error(`the compose file has no service ${name}`);
  if (fields.length === 0) return;
  if (pair !== undefined && !isAlias(written)) {
    work.changed.add(service);
    for (const [field, more] of fields) addToField(work, service, field, more);
    return;
  }
  const own = fields.map(([field, more]) => {
    const present = pairOf(service, field)?.value ?? mergedIn(source, service, field);
    return `${field}: ${withMore(source, field, followed(source, present), more)}`;
  });
  if (isAlias(written)) {
    // The alias itself may become the place of the anchor.
    const [start = 0, end = 0] = written.range ?? [];
    insert(work, start, '{ <<: ');
    insert(work, end, `, ${own.join(', ')} }`);
  } else insertPair(work, services, name, `{ <<: ${asFlow(source, service)}, ${own.join(', ')} }`);
}

function addToField(work: Work, service: YAMLMap, field: Field, more: readonly string[]): void {
  const { source } = work;
  const pair = pairOf(service, field);
  if (pair === undefined) {
    insertPair(work, service, field, withMore(source, field, mergedIn(source, service, field), more));
    return;
  }
  const { value } = pair;
  if (isAlias(value)) {
    replaceValue(work, pair, withMore(source, field, source.targetOf(value), more));
    return;
  }
  if (isSeq(value) || isMap(value) || isText(value)) work.changed.add(value);
  if (field === 'labels' && isMap(value)) setLabels(work, value, more);
  else if (field === 'command' && isText(value) && appendWords(work, value, more)) return;
  else if (field === 'labels' && isSeq(value) && !hasTwice(value, more)) setListedLabels(work, value, more);
  else if (field === 'command' && isSeq(value)) appendItems(work, pair, value, more);
  else if (field === 'volumes' && isSeq(value)) insertItems(work, value, more);
  else replaceValue(work, pair, withMore(source, field, value, more));
}

/** A field's value with the additions, written anew: for what stands elsewhere, or cannot be added to in its place. */
function withMore(source: YamlSource, field: Field, present: unknown, more: readonly string[]): string {
  if (field === 'command' && isText(present)) return quoted([present.value, ...more.map(shellWord)].join(' '));
  const keys = new Set(more.map(labelKey));
  if (field === 'labels' && !isSeq(present)) {
    const kept = isMap(present) ? present.items.filter(({ key }) => !keys.has(textOf(source, key))) : [];
    const pairs = kept.map(({ key, value }) => `${asFlow(source, key)}: ${asFlow(source, value)}`);
    return `{ ${[...pairs, ...more.map((label) => `${quoted(labelKey(label))}: ${labelValue(label)}`)].join(', ')} }`;
  }
  const items = isSeq(present) ? present.items : [];
  const kept = field === 'labels' ? items.filter((item) => !keys.has(labelKey(textOf(source, item)))) : items;
  return `[ ${[...kept.map((item) => asFlow(source, item)), ...more.map(added)].join(', ')} ]`;
}

function setLabels(work: Work, labels: YAMLMap, more: readonly string[]): void {
  for (const label of more) {
    const pair = pairOf(labels, labelKey(label));
    if (pair === undefined) insertPair(work, labels, quoted(labelKey(label)), labelValue(label));
    else replaceValue(work, pair, labelValue(label));
  }
}

function setListedLabels(work: Work, labels: YAMLSeq, more: readonly string[]): void {
  const fresh = more.filter((label) => {
    const item = labels.items.find((each) => labelKey(textOf(work.source, each)) === labelKey(label));
    if (item !== undefined) replace(work, item as Node, added(label));
    return item === undefined;
  });
  insertItems(work, labels, fresh);
}

/** Two entries of a list for the same label, of which the last counted. */
function hasTwice(labels: YAMLSeq, more: readonly string[]): boolean {
  const keys = labels.items.map((item) => (isScalar(item) ? labelKey(String(item.value)) : ''));
  return more.some((label) => keys.filter((key) => key === labelKey(label)).length > 1);
}

/** Before the first entry: their order does not matter, and no comment or block of text stands in the way there. */
function insertItems(work: Work, list: YAMLSeq, more: readonly string[]): void {
  if (more.length === 0) return;
  const first = firstDash(list);
  if (list.flow === true || first === undefined) insertInFlow(work, list, more);
  else {
    const { text } = work.source;
    const indent = ' '.repeat(columnOf(text, first));
    insert(work, first, more.map((each) => `- ${added(each)}${lineEnd(text)}${indent}`).join(''));
  }
}

/** After the last entry. */
function appendItems(work: Work, pair: Pair, list: YAMLSeq, more: readonly string[]): void {
  const { text } = work.source;
  const last = list.items.at(-1) as Node | undefined;
  const [first, end] = [firstDash(list), last?.range?.[1]];
  if (list.flow === true || first === undefined || end === undefined) insertInFlow(work, list, more);
  else if (isScalar(last) && (last.type === 'BLOCK_FOLDED' || last.type === 'BLOCK_LITERAL'))
    replaceValue(work, pair, withMore(work.source, 'command', list, more));
  else {
    const indent = ' '.repeat(columnOf(text, first));
    insert(work, endOfLine(text, end), more.map((each) => `${lineEnd(text)}${indent}- ${added(each)}`).join(''));
  }
}

/** Words at the end of a command that is one text; false where its style cannot hold them. */
function appendWords(work: Work, command: Scalar<string>, more: readonly string[]): boolean {
  const words = more.map(shellWord);
  const [start = 0, end = 0] = command.range ?? [];
  const written = work.source.text.slice(start, end);
  const tail = ` ${words.join(' ')}`;
  switch (command.type) {
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL':
      if (command.value.trim() === '') return false;
      insert(work, start + written.trimEnd().length, tail);
      return true;
    case 'QUOTE_DOUBLE':
      insert(work, end - 1, quoted(tail).slice(1, -1));
      return true;
    case 'QUOTE_SINGLE':
      insert(work, end - 1, tail.replaceAll("'", "''"));
      return true;
    case 'PLAIN':
      if (words.some((word) => !/^([\w./=@%+$-]|:(?=[\w./]))+$/.test(word))) return false;
      insert(work, end, tail);
      return true;
    default:
      return false;
  }
}

function insertInFlow(work: Work, list: YAMLSeq, more: readonly string[]): void {
  const last = list.items.at(-1) as Node | undefined;
  const end = last?.range?.[1];
  const texts = more.map(added).join(', ');
  if (end === undefined) insert(work, (list.range?.[0] ?? 0) + 1, ` ${texts} `);
  else insert(work, end, `, ${texts}`);
}

/** As the first of a map: nothing of what follows moves but by whole lines. */
function insertPair(work: Work, map: YAMLMap, key: string, value: string): void {
  const { text } = work.source;
  const start = map.range?.[0] ?? 0;
  if (map.flow === true || map.items.length === 0) {
    insert(work, start + 1, ` ${key}: ${value},`);
    return;
  }
  const { items } = (map.srcToken ?? {}) as { items?: { start: Token[] }[] };
  const at =
    items?.[0]?.start.find(({ type }) => ['anchor', 'tag', 'explicit-key-ind'].includes(type))?.offset ?? start;
  insert(work, at, `${key}: ${value}${lineEnd(text)}${' '.repeat(columnOf(text, at))}`);
}

function replaceValue(work: Work, pair: Pair, value: string): void {
  const node = pair.value as Node | null;
  const [start = 0, end = 0] = node?.range ?? [];
  const { text } = work.source;
  const isWritten = node !== null && text.slice(start, end).trim() !== '';
  if (isWritten && !isBlockStyle(node)) {
    replace(work, node, value);
    return;
  }
  // Nothing is written, or something over several lines: the value stands after the colon.
  const { sep = [] } = (pair.srcToken ?? {}) as { sep?: Token[] };
  const colon = sep.find(({ type }) => type === 'map-value-ind')?.offset;
  if (colon === undefined) insert(work, (pair.key as Node).range?.[1] ?? start, `: ${value}`);
  else if (!isWritten) insert(work, colon + 1, ` ${value}`);
  else {
    work.changed.add(node);
    const anchor = work.source.anchorOf(node);
    const rest = text.slice(start, end).endsWith('\n') ? lineEnd(text) : '';
    work.edits.push({ start: anchor?.end ?? colon + 1, end, text: ` ${value}${rest}` });
  }
}

/** Whether a node's text is bound to the lines that it stands on. */
function isBlockStyle(node: Node): boolean {
  if (isScalar(node)) return node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL';
  return (isMap(node) || isSeq(node)) && node.flow !== true;
}

function replace(work: Work, node: Node, text: string): void {
  const [start = 0, end = 0] = node.range ?? [];
  if (isAlias(node)) work.replaced.add(node);
  else work.changed.add(node);
  work.edits.push({ start, end, text });
}

function insert({ edits }: Work, at: number, text: string): void {
  edits.push({ start: at, end: at, text });
}

/**
 * An anchor whose node is changed, or written over, goes to the first other place that mentions it, with what it stood for before. All
 * later ones mention that.
 */
function anchorsMoved({ source, edits, changed, replaced }: Work): Edit[] {
  const over = edits.filter(({ start, end }) => end > start);
  const isOver = (at: number): boolean => over.some(({ start, end }) => start <= at && at < end);
  return [...source.users].flatMap(([node, users]): Edit[] => {
    const anchor = source.anchorOf(node);
    const isGone = anchor !== undefined && isOver(anchor.end - 1);
    if (anchor === undefined || !(isGone || changed.has(node))) return [];
    const [first] = users.filter((alias) => !replaced.has(alias) && !isOver(alias.range?.[0] ?? 0));
    if (first === undefined) return [];
    const [start = 0, end = 0] = first.range ?? [];
    const moved = { start, end, text: `&${first.source} ${asFlow(source, node)}` };
    return isGone ? [moved] : [{ ...anchor, text: '' }, moved];
  });
}

function isText(node: unknown): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string';
}

function textOf(source: YamlSource, node: unknown): string {
  const plain = followed(source, node);
  return isScalar(plain) ? String(plain.value) : '';
}

const labelKey = (label: string): string => label.split('=')[0] ?? '';
const labelValue = (label: string): string => added(label.slice(label.indexOf('=') + 1));

/** Compose replaces `$NAME` in every value; two dollar signs stand for one. */
function added(text: string): string {
  return quoted(text.replaceAll('$', '$$$$'));
}

/** As one word of a command that compose cuts as a shell would. */
function shellWord(text: string): string {
  const plain = text.replaceAll('$', '$$$$');
  return /^[\w./:=@%+,-]+$/.test(text) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
}

/** A sign of the text, as the parser saw it. */
type Token = { readonly type: string; readonly offset: number };

/** The dash before the first entry of a list of lines. */
function firstDash(list: YAMLSeq): number | undefined {
  const { items } = (list.srcToken ?? {}) as { items?: { start: Token[] }[] };
  return items?.[0]?.start.find(({ type }) => type === 'seq-item-ind')?.offset;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

/** As the text's own lines end. */
function lineEnd(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n';
}
