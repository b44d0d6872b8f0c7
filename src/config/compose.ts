// A compose file: YAML with positions, checked against the Compose Specification, and what in it matters beyond Docker.

import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import { type Document, isAlias, isCollection, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { BlobId } from '../model/ids.ts';
import type { Compose, ComposeMention } from './config-services.ts';
import { decode } from './encoding.ts';
import { unsetMentions } from './interpolation.ts';
import { nearest } from './nearest.ts';
import { keysOf, pointer } from './place.ts';
import type { Finding } from './rules/rule.ts';
import specification from './schema/compose-spec.json' with { type: 'json' };

export interface ReadCompose {
  /** Undefined when it cannot be read. */
  readonly compose: Compose | undefined;
  readonly findings: readonly Finding[];
}

/** Reads one compose file. Never throws, whatever the bytes are. */
export function readCompose(path: string, blob: BlobId, bytes: Uint8Array): ReadCompose {
  try {
    return read(path, blob, bytes);
  } catch (error) {
    if (error instanceof RangeError) return refused(path, 'nested too deeply');
    throw error;
  }
}

function read(path: string, blob: BlobId, bytes: Uint8Array): ReadCompose {
  const { text, fault } = decode(bytes);
  if (fault !== null) return refused(path, fault.message, fault.hint);
  const lines = new LineCounter();
  // Repeated keys are looked for below: the library compares each key with every other one of its map.
  const document = parseDocument(text, { lineCounter: lines, merge: true, uniqueKeys: false, prettyErrors: false });
  const findings: Finding[] = document.errors
    .slice(0, 10)
    .map((error) => finding(path, '', 'SYNTAX', firstSentence(error.message), positionOf(lines, error.pos[0])));
  findings.push(...repeatedKeys(path, document, lines));
  if (document.errors.length > 0) return { compose: undefined, findings };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    return refused(path, 'its aliases unfold to more than a compose file can sensibly hold');
  }
  const invalid = againstSpecification(path, value, document, lines);
  if (invalid.length > 0) return { compose: undefined, findings: [...findings, ...invalid] };
  return { compose: factsOf(path, blob, value as Raw, document, lines), findings };
}

interface Raw {
  readonly services?: Readonly<Record<string, unknown>>;
  readonly volumes?: Readonly<Record<string, RawVolume | null>>;
}

interface RawVolume {
  readonly external?: boolean | string | { readonly name?: string };
  readonly name?: string;
}

function factsOf(path: string, blob: BlobId, value: Raw, document: Document.Parsed, lines: LineCounter): Compose {
  const externalVolumes: ComposeMention[] = [];
  for (const [key, volume] of Object.entries(value.volumes ?? {})) {
    const external = volume?.external;
    if (external === undefined || external === false || external === 'false') continue;
    const name = volume?.name ?? (typeof external === 'object' ? external.name : undefined) ?? key;
    externalVolumes.push({ name, path: pointer(['volumes', key]), ...place(document, lines, ['volumes', key]) });
  }
  return {
    path,
    blob,
    services: Object.keys(value.services ?? {}),
    externalVolumes,
    variables: mentions(document, lines),
  };
}

/** Variables in every value; keys are not interpolated. */
function mentions(document: Document.Parsed, lines: LineCounter): ComposeMention[] {
  const found = new Map<string, ComposeMention>();
  eachNode(document.contents, (node, at) => {
    if (!isScalar(node) || typeof node.value !== 'string') return;
    for (const name of unsetMentions(node.value)) {
      if (!found.has(name)) found.set(name, { name, path: pointer(at), ...positionOf(lines, node.range?.[0]) });
    }
  });
  return [...found.values()];
}

function repeatedKeys(path: string, document: Document.Parsed, lines: LineCounter): Finding[] {
  const findings: Finding[] = [];
  eachNode(document.contents, (node, at) => {
    if (!isMap(node)) return;
    const seen = new Set<unknown>();
    for (const { key } of node.items) {
      const name = isScalar(key) ? key.value : undefined;
      if (name === undefined || name === '<<') continue;
      if (seen.has(name)) {
        const position = positionOf(lines, isScalar(key) ? key.range?.[0] : undefined);
        findings.push(
          finding(path, pointer([...at, String(name)]), 'DUPLICATE_KEY', `"${name}" stands twice in one map`, position),
        );
      }
      seen.add(name);
    }
  });
  return findings;
}

let compiled: ValidateFunction | undefined;

function againstSpecification(path: string, value: unknown, document: Document.Parsed, lines: LineCounter): Finding[] {
  compiled ??= new Ajv({ allErrors: true, strict: false, verbose: true, logger: false }).compile(specification);
  if (compiled(value)) return [];
  return tellingErrors(compiled.errors ?? []).map((error) => {
    const extra = error.params.additionalProperty as string | undefined;
    if (extra === undefined) {
      const message = `${error.instancePath === '' ? 'a compose file' : `"${keysOf(error.instancePath).at(-1)}"`} ${error.message ?? 'is not valid'}`;
      return finding(
        path,
        error.instancePath,
        'INVALID_VALUE',
        message,
        place(document, lines, keysOf(error.instancePath)),
      );
    }
    const keys = [...keysOf(error.instancePath), extra];
    const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
    const meant = nearest(extra, known);
    const unknown = finding(
      path,
      pointer(keys),
      'UNKNOWN_KEY',
      `"${extra}" is unknown here`,
      place(document, lines, keys),
    );
    return meant === null ? unknown : { ...unknown, hint: `Did you mean "${meant}"?` };
  });
}

/** Of alternatives that all fail, only what failed deepest tells people something; once per place. */
function tellingErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  const deepest = errors.filter(
    (error) => !errors.some((other) => other !== error && other.instancePath.startsWith(`${error.instancePath}/`)),
  );
  const byPlace = new Map<string, ErrorObject>();
  for (const error of deepest) {
    const key = `${error.instancePath} ${error.params.additionalProperty ?? ''}`;
    if (!byPlace.has(key)) byPlace.set(key, error);
  }
  return [...byPlace.values()];
}

/** Every node with the keys that lead to it; aliases are not followed. */
function eachNode(root: unknown, see: (node: Node, at: readonly (string | number)[]) => void): void {
  const open: { node: unknown; at: readonly (string | number)[] }[] = [{ node: root, at: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, at } = next;
    if (isAlias(node) || !(isScalar(node) || isCollection(node))) continue;
    see(node, at);
    if (!isCollection(node)) continue;
    const children = isMap(node)
      ? node.items.map((pair) => ({ node: pair.value, at: [...at, isScalar(pair.key) ? String(pair.key.value) : '?'] }))
      : node.items.map((item, index) => ({ node: item, at: [...at, index] }));
    open.push(...children.reverse());
  }
}

/** Line of the innermost node that the keys lead to. */
function place(document: Document.Parsed, lines: LineCounter, keys: readonly string[]) {
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

function positionOf(lines: LineCounter, offset: number | undefined) {
  const { line, col } = lines.linePos(offset ?? 0);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function firstSentence(message: string): string {
  return (message.split('\n')[0] ?? message).slice(0, 200);
}

function finding(
  path: string,
  at: string,
  code: Finding['code'],
  message: string,
  position: Finding['position'],
): Finding {
  return { code, at: { file: path, path: at }, message, ...(position === undefined ? {} : { position }) };
}

function refused(path: string, message: string, hint?: string): ReadCompose {
  const problem = finding(path, '', 'SYNTAX', message, { line: 1, column: 1 });
  return { compose: undefined, findings: [hint === undefined ? problem : { ...problem, hint }] };
}
