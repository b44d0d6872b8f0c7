// A YAML text with its nodes and alias targets, and a function to print a node. Scalars are printed as in the source: Docker decides what 0440 or 1e9
// means, not our parser.

import {
  type Alias,
  CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Parser,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { aliasTargets } from './nodes.ts';

export interface YamlSource {
  readonly text: string;
  readonly document: Document.Parsed;
  /** The target of an alias. */
  targetOf(alias: Alias): Node | undefined;
  /** Aliases of each anchored node, in text order. */
  readonly users: ReadonlyMap<Node, readonly Alias[]>;
  /** Position of a node's anchor, with preceding space. */
  anchorOf(node: Node): { readonly start: number; readonly end: number } | undefined;
}

/** @throws Error if the text is not YAML */
export function yamlSource(text: string): YamlSource {
  const document = parseDocument(text, { merge: true, uniqueKeys: true, keepSourceTokens: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(`the compose file cannot be read: ${fault.message}`);
  const targets = aliasTargets(document.contents);
  const users = new Map(
    [...Map.groupBy(targets, ([, target]) => target)].map(([to, of]) => [to, of.map(([one]) => one)]),
  );
  const anchors = anchorsIn(text);
  return {
    text,
    document,
    targetOf: (alias) => targets.get(alias),
    users,
    anchorOf(node) {
      const name = isAlias(node) ? undefined : `&${(node as { anchor?: string }).anchor}`;
      const begins = node.range?.[0] ?? 0;
      const token = anchors.findLast(({ offset, source }) => offset < begins && source === name);
      if (token === undefined) return undefined;
      const isSpaced = text[token.offset - 1] === ' ';
      return { start: token.offset - (isSpaced ? 1 : 0), end: token.offset + token.source.length };
    },
  };
}

function anchorsIn(text: string): readonly { readonly offset: number; readonly source: string }[] {
  const found: { offset: number; source: string }[] = [];
  for (const token of new Parser().parse(text)) {
    if (token.type !== 'document') continue;
    CST.visit(token, ({ start, sep }) => {
      for (const each of [...start, ...(sep ?? [])]) if (each.type === 'anchor') found.push(each);
    });
  }
  return found.sort((a, b) => a.offset - b.offset);
}

/** The pair of a map's own key. */
export function pairOf(map: YAMLMap, key: string) {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** What a key has by merging (`<<`); the first source that has it counts. */
export function mergedIn(source: YamlSource, map: YAMLMap, key: string): Node | undefined {
  for (const pair of map.items) {
    if (!(isScalar(pair.key) && isMergeKey(source, pair.key))) continue;
    const from = followed(source, pair.value);
    for (const each of isSeq(from) ? from.items : [from]) {
      const base = followed(source, each);
      if (!isMap(base)) continue;
      const found = pairOf(base, key)?.value ?? mergedIn(source, base, key);
      if (found !== undefined && found !== null) return followed(source, found) as Node;
    }
  }
  return undefined;
}

function isMergeKey({ text }: YamlSource, key: Node): boolean {
  const [start = 0, end = 0] = key.range ?? [];
  return text.slice(start, end) === '<<';
}

/** What an alias stands for; anything else as it is. */
export function followed(source: YamlSource, node: unknown): unknown {
  return isAlias(node) ? source.targetOf(node) : node;
}

/** A node in flow style on one line, with what its aliases stand for in their place and without anchors. */
export function asFlow(source: YamlSource, node: unknown): string {
  const plain = followed(source, node);
  if (isSeq(plain)) return `${tagOf(plain)}[${plain.items.map((item) => asFlow(source, item)).join(', ')}]`;
  if (isMap(plain)) {
    const pairs = plain.items.map(({ key, value }) => `${asFlow(source, key)}: ${asFlow(source, value)}`);
    return `${tagOf(plain)}{${pairs.join(', ')}}`;
  }
  if (!isScalar(plain)) return 'null';
  const [start = 0, end = 0] = plain.range ?? [];
  const written = source.text.slice(start, end);
  if (written === '') return `${tagOf(plain)}null`;
  const isBlock = plain.type === 'BLOCK_FOLDED' || plain.type === 'BLOCK_LITERAL';
  const fits = !(isBlock || /[\r\n]/.test(written) || (plain.type === 'PLAIN' && /[,[\]{}]/.test(written)));
  return `${tagOf(plain)}${fits ? written : quoted(String(plain.value))}`;
}

function tagOf({ tag }: { tag?: string }): string {
  if (tag === undefined) return '';
  const standard = 'tag:yaml.org,2002:';
  if (tag.startsWith(standard)) return `!!${tag.slice(standard.length)} `;
  return tag.startsWith('!') ? `${tag} ` : `!<${tag}> `;
}

/** A text as a scalar that is a text for every reader of YAML. */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
