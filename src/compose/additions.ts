// Adds labels, arguments and volumes to services of a compose file by editing its text, so that everything else stays as written. If services share a
// node by an anchor, only the edited service changes: the anchor with its original content moves to the next place that uses it.

import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { ComposeAdditions } from '../model/action.ts';
import { applyEdits } from './edits.ts';
import {
  anchorsMoved,
  appendItems,
  insert,
  insertItems,
  insertPair,
  replace,
  replaceValue,
  type Work,
} from './places.ts';
import { asFlow, followed, mergedIn, pairOf, quoted, type YamlSource, yamlSource } from './source.ts';

type ServiceAdditions = ComposeAdditions[string];
/** Fields that can be extended. */
type Field = 'labels' | 'command' | 'volumes';

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

function fieldsOf({ labels = [], command = [], volumes = [] }: ServiceAdditions): [Field, readonly string[]][] {
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
    // The anchor may have to move to this alias.
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
  else if (field === 'command' && isSeq(value) && appendItems(work, value, more.map(escaped))) return;
  else if (field === 'volumes' && isSeq(value)) insertItems(work, value, more.map(escaped));
  else replaceValue(work, pair, withMore(source, field, value, more));
}

/** The new text of a field's value with additions: for values that are defined elsewhere or cannot be edited in place. */
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
  return `[ ${[...kept.map((item) => asFlow(source, item)), ...more.map(escaped)].join(', ')} ]`;
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
    if (item !== undefined) replace(work, item as Node, escaped(label));
    return item === undefined;
  });
  insertItems(work, labels, fresh.map(escaped));
}

/** Whether a list has duplicate labels, of which the last counted. */
function hasTwice(labels: YAMLSeq, more: readonly string[]): boolean {
  const keys = labels.items.map((item) => (isScalar(item) ? labelKey(String(item.value)) : ''));
  return more.some((label) => keys.filter((key) => key === labelKey(label)).length > 1);
}

/** Appends words to a command that is a single string; false if its style cannot represent them. */
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

function isText(node: unknown): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string';
}

function textOf(source: YamlSource, node: unknown): string {
  const plain = followed(source, node);
  return isScalar(plain) ? String(plain.value) : '';
}

const labelKey = (label: string): string => label.split('=')[0] ?? '';
const labelValue = (label: string): string => escaped(label.slice(label.indexOf('=') + 1));

/** A quoted YAML scalar with its dollar signs escaped, since compose interpolates `$NAME` in every value. */
function escaped(text: string): string {
  return quoted(text.replaceAll('$', '$$$$'));
}

/** Quotes a word for a command that compose splits like a shell. */
function shellWord(text: string): string {
  const plain = text.replaceAll('$', '$$$$');
  return /^[\w./:=@%+,-]+$/.test(text) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
}
