// Parses a file encrypted by sops: its values in order, which of them are encrypted, and the key material. Supports YAML, JSON, dotenv and sops's
// binary format; decrypts nothing.

import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { decode } from '../read/encoding.ts';

export type SopsNode =
  | { readonly kind: 'branch'; readonly entries: readonly (readonly [key: string, node: SopsNode])[] }
  | { readonly kind: 'list'; readonly items: readonly SopsNode[] }
  /** `source`: the original text, for numbers. */
  | { readonly kind: 'leaf'; readonly value: string | number | boolean | null; readonly source: string };

export interface SopsFile {
  readonly values: Extract<SopsNode, { kind: 'branch' }>;
  /** The data key, encrypted for each age recipient, armored. */
  readonly dataKeys: readonly string[];
  /** ISO 8601, as written. */
  readonly lastModified: string;
  /** Encrypted MAC over all values. */
  readonly mac: string;
  readonly macOnlyEncrypted: boolean;
  readonly isEncrypted: (keys: readonly string[]) => boolean;
}

/** Maximum size in bytes: parsing YAML is expensive. */
const MAX_SOPS_BYTES = 1024 * 1024;

/** Never throws, for any input. */
export function readSopsFile(bytes: Uint8Array): SopsFile | { readonly wrong: string } {
  if (bytes.length > MAX_SOPS_BYTES) return { wrong: `is larger than ${MAX_SOPS_BYTES} bytes` };
  const { text, fault } = decode(bytes);
  if (fault !== null) return { wrong: `cannot be read: ${fault.message}` };
  try {
    return sopsFile(isDotenv(text) ? dotenvTree(text) : yamlTree(text));
  } catch (error) {
    return { wrong: error instanceof Unreadable || error instanceof RangeError ? error.message : 'cannot be read' };
  }
}

class Unreadable extends Error {}

function sopsFile(tree: SopsNode): SopsFile | { readonly wrong: string } {
  const meta = tree.kind === 'branch' ? tree.entries.find(([key]) => key === 'sops')?.[1] : undefined;
  if (tree.kind !== 'branch' || meta?.kind !== 'branch')
    return { wrong: 'is not encrypted by sops: encrypt it with sops encrypt --in-place' };
  const [mac, lastModified] = [textAt(meta, 'mac'), textAt(meta, 'lastmodified')];
  if (mac === undefined || lastModified === undefined) return { wrong: 'has lost what sops notes at its end' };
  const rules = ['unencrypted_comment_regex', 'encrypted_comment_regex'].filter(
    (name) => textAt(meta, name) !== undefined,
  );
  if (rules.length > 0) return { wrong: `is encrypted with ${rules[0]}, which Phoenix does not read` };
  const groups = childOf(meta, 'key_groups');
  const [group, ...others] = groups?.kind === 'list' ? groups.items : [];
  if (others.length > 0) return { wrong: 'is encrypted to several groups of keys, which Phoenix cannot open' };
  const recipients = [childOf(meta, 'age'), group === undefined ? undefined : childOf(group, 'age')].flatMap((list) =>
    list?.kind === 'list' ? list.items : [],
  );
  const dataKeys = recipients.flatMap((recipient) => textAt(recipient, 'enc') ?? []);
  if (dataKeys.length === 0) return { wrong: 'is encrypted to no recipient of age' };
  return {
    values: { kind: 'branch', entries: tree.entries.filter(([key]) => key !== 'sops') },
    dataKeys,
    lastModified,
    mac,
    macOnlyEncrypted: textAt(meta, 'mac_only_encrypted') === 'true',
    isEncrypted: whichAreEncrypted(meta),
  };
}

/** The selection rules of sops: each one that is set overrides the previous. */
function whichAreEncrypted(meta: SopsNode): SopsFile['isEncrypted'] {
  const suffix = (name: string) => {
    const text = textAt(meta, name);
    return text === undefined || text === '' ? null : (key: string) => key.endsWith(text);
  };
  const pattern = (name: string) => {
    const text = textAt(meta, name);
    if (text === undefined || text === '') return null;
    let expression: RegExp;
    try {
      expression = new RegExp(text.replace(/^\(\?i\)/, ''), text.startsWith('(?i)') ? 'i' : '');
    } catch {
      throw new Unreadable(`has an expression in ${name} that Phoenix does not read`);
    }
    return (key: string) => expression.test(key);
  };
  const [plainSuffix, secretSuffix] = [suffix('unencrypted_suffix'), suffix('encrypted_suffix')];
  const [plain, secret] = [pattern('unencrypted_regex'), pattern('encrypted_regex')];
  return (keys) => {
    let encrypted = !(plainSuffix !== null && keys.some(plainSuffix));
    if (secretSuffix !== null) encrypted = keys.some(secretSuffix);
    if (plain !== null && keys.some(plain)) encrypted = false;
    if (secret !== null) encrypted = keys.some(secret);
    return encrypted;
  };
}

export function childOf(node: SopsNode, key: string): SopsNode | undefined {
  if (node.kind === 'list') return /^\d{1,6}$/.test(key) ? node.items.filter(isNoComment)[Number(key)] : undefined;
  return node.kind === 'branch' ? node.entries.find(([name]) => name === key)?.[1] : undefined;
}

/** sops stores comments of a list as elements. */
function isNoComment(node: SopsNode): boolean {
  return node.kind !== 'leaf' || !/^ENC\[AES256_GCM,[^\]]*,type:comment\]$/.test(String(node.value));
}

function textAt(node: SopsNode, key: string): string | undefined {
  const leaf = childOf(node, key);
  return leaf?.kind === 'leaf' && leaf.value !== null ? String(leaf.value) : undefined;
}

/** sops stores its metadata in a dotenv file as variables. */
function isDotenv(text: string): boolean {
  return /^sops_mac=/m.test(text) && !/^sops:/m.test(text);
}

function dotenvTree(text: string): SopsNode {
  const values: [string, SopsNode][] = [];
  const meta: [string, SopsNode][] = [];
  const recipients = new Map<string, [string, SopsNode][]>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    if (equals < 0) throw new Unreadable('has a line without an equals sign');
    const [name, value] = [line.slice(0, equals), line.slice(equals + 1).replaceAll('\\n', '\n')];
    const entry: SopsNode = { kind: 'leaf', value, source: value };
    const [, index, field] = /^sops_age__list_(\d+)__map_(\w+)$/.exec(name) ?? [];
    if (index !== undefined && field !== undefined) {
      recipients.set(index, [...(recipients.get(index) ?? []), [field, entry]]);
    } else if (name.startsWith('sops_')) meta.push([name.slice('sops_'.length), entry]);
    else values.push([name, entry]);
  }
  const age: SopsNode = {
    kind: 'list',
    items: [...recipients.values()].map((entries) => ({ kind: 'branch', entries })),
  };
  return { kind: 'branch', entries: [...values, ['sops', { kind: 'branch', entries: [...meta, ['age', age]] }]] };
}

/** Also parses JSON, which preserves the order of numeric keys. */
function yamlTree(text: string): SopsNode {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const [fault] = document.errors;
  if (fault?.code === 'MULTIPLE_DOCS') throw new Unreadable('holds several documents, which Phoenix does not read');
  if (fault !== undefined) throw new Unreadable(`cannot be read: ${fault.message.split('\n')[0]}`);
  return document.contents === null ? { kind: 'branch', entries: [] } : treeOf(document.contents, document, 0);
}

/** Maximum nesting depth with expanded aliases. */
const MAX_NESTING = 64;

function treeOf(node: unknown, document: Document.Parsed, depth: number): SopsNode {
  if (depth > MAX_NESTING) throw new Unreadable('is nested too deeply');
  if (isAlias(node)) return treeOf(node.resolve(document), document, depth + 1);
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }): [string, SopsNode] => {
      if (!isScalar(key) || typeof key.value !== 'string') throw new Unreadable('has a key that is no text');
      return [key.value, treeOf(value, document, depth + 1)];
    });
    return { kind: 'branch', entries };
  }
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => treeOf(item, document, depth + 1)) };
  const value = isScalar(node) ? node.value : (node ?? null);
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null;
  if (!known) throw new Unreadable('holds a value of a kind that Phoenix does not read');
  return {
    kind: 'leaf',
    value,
    source: (isScalar(node) ? (node as Node & { source?: string }).source : undefined) ?? String(value),
  };
}
