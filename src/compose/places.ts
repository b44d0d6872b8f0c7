// Text edits that insert into or replace parts of a YAML file, in the style of their surroundings.

import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Edit } from './edits.ts';
import { asFlow, type YamlSource } from './source.ts';

export interface Work {
  readonly source: YamlSource;
  readonly edits: Edit[];
  /** Nodes that are edited in place. */
  readonly changed: Set<Node>;
  /** Aliases that were replaced. */
  readonly replaced: Set<Alias>;
}

/** Inserts before the first entry: the order is irrelevant, and no comment or block scalar interferes there. */
export function insertItems(work: Work, list: YAMLSeq, more: readonly string[]): void {
  if (more.length === 0) return;
  const first = firstDash(list);
  if (list.flow === true || first === undefined) insertInFlow(work, list, more);
  else {
    const { text } = work.source;
    const indent = ' '.repeat(columnOf(text, first));
    insert(work, first, more.map((each) => `- ${each}${lineEnd(text)}${indent}`).join(''));
  }
}

/** Appends after the last entry; false if that is a block scalar, which may extend to the end of the file. */
export function appendItems(work: Work, list: YAMLSeq, more: readonly string[]): boolean {
  const { text } = work.source;
  const last = list.items.at(-1) as Node | undefined;
  const [first, end] = [firstDash(list), last?.range?.[1]];
  if (list.flow === true || first === undefined || end === undefined) insertInFlow(work, list, more);
  else if (isScalar(last) && isBlockStyle(last)) return false;
  else {
    const indent = ' '.repeat(columnOf(text, first));
    insert(work, endOfLine(text, end), more.map((each) => `${lineEnd(text)}${indent}- ${each}`).join(''));
  }
  return true;
}

function insertInFlow(work: Work, list: YAMLSeq, more: readonly string[]): void {
  const last = list.items.at(-1) as Node | undefined;
  const end = last?.range?.[1];
  const texts = more.join(', ');
  if (end === undefined) insert(work, (list.range?.[0] ?? 0) + 1, ` ${texts} `);
  else insert(work, end, `, ${texts}`);
}

/** Inserts as the first pair of a map, so that the rest only moves by whole lines. */
export function insertPair(work: Work, map: YAMLMap, key: string, value: string): void {
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

export function replaceValue(work: Work, pair: Pair, value: string): void {
  const node = pair.value as Node | null;
  const [start = 0, end = 0] = node?.range ?? [];
  const { text } = work.source;
  const isWritten = node !== null && text.slice(start, end).trim() !== '';
  if (isWritten && !isBlockStyle(node)) {
    replace(work, node, value);
    return;
  }
  // An empty or multi-line value: insert after the colon.
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

/** Whether the node has block style. */
function isBlockStyle(node: Node): boolean {
  if (isScalar(node)) return node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL';
  return (isMap(node) || isSeq(node)) && node.flow !== true;
}

export function replace(work: Work, node: Node, text: string): void {
  const [start = 0, end = 0] = node.range ?? [];
  if (isAlias(node)) work.replaced.add(node);
  else work.changed.add(node);
  work.edits.push({ start, end, text });
}

export function insert({ edits }: Work, at: number, text: string): void {
  edits.push({ start: at, end: at, text });
}

/** If an anchored node is changed or replaced, its anchor moves with the original content to the first alias. Later aliases then refer to that. */
export function anchorsMoved({ source, edits, changed, replaced }: Work): Edit[] {
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

/** A token of the parser. */
type Token = { readonly type: string; readonly offset: number };

/** The dash of the first entry of a block list. */
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

/** The line ending of the text. */
function lineEnd(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n';
}
