// Guesses for values that lack a sign or have one too many: hosts, paths, permissions, lists of texts and objects in one text. Pure.

import type { Json, JsonObject } from '../../model/json.ts';
import { otherWords } from './other-words.ts';

/** A host by an address of the web or with its port, and an address of the web without its beginning. */
export function hosts(text: string): string[] {
  const [, host] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^\s/:@]+)(?::\d{1,5})?(?:\/\S*)?$/i.exec(text) ?? [];
  if (host === undefined) return [];
  return host === text ? [`https://${text}`] : [host];
}

/** A path without its first slash, or behind the name of its host; a disk without its folder. */
export function paths(text: string): string[] {
  const [, behindHost] = /^[^\s/:]+:(\/\S+)$/.exec(text) ?? [];
  if (behindHost !== undefined) return [behindHost];
  if (!/^[A-Za-z0-9][\w./-]*$/.test(text)) return [];
  return /^(sd[a-z]|nvme\d|vd[a-z])/.test(text) ? [`/dev/${text}`] : text.includes('/') ? [`/${text}`] : [];
}

/** Permissions in letters or with more digits, and an owner without a group. */
export function ownership(field: string, text: string): string[] {
  const [, octal] = /^0?o?([0-7]{3})$/i.exec(text) ?? [];
  const letters = /^-?([r-][w-][x-]){3}$/.test(text) ? text.slice(-9) : null;
  return [
    ...(octal === undefined ? [] : [octal]),
    ...(letters === null ? [] : [lettersAsDigits(letters)]),
    ...(field === 'owner' && /^[a-z_][a-z0-9_-]*$/.test(text) ? [`${text}:${text}`] : []),
  ];
}

function lettersAsDigits(letters: string): string {
  const digit = (part: string) => [...part].reduce((sum, letter, index) => sum + (letter === '-' ? 0 : 4 >> index), 0);
  return [0, 3, 6].map((start) => digit(letters.slice(start, start + 3))).join('');
}

/** A path of rights by the name that the pages or the API have for it. */
export function rightsPaths(text: string): string[] {
  const [, guest] = /^\/(?:vm|lxc|ct|qemu)\/(\d+)$/.exec(text) ?? [];
  const [, storage] = /^\/(?:datastore|storages)\/(\S+)$/.exec(text) ?? [];
  if (text === '*') return ['/'];
  return [...(guest === undefined ? [] : [`/vms/${guest}`]), ...(storage === undefined ? [] : [`/storage/${storage}`])];
}

/** A name of the DNS by an address of the web, with the kind of name before it, or with signs that none may have. */
export function hostnames(text: string): string[] {
  const plain = text.trim().replace(/^(?:DNS|IP):\s*/i, '');
  return [plain, ...hosts(plain), plain.replaceAll(/^\.+|\.+$/g, ''), plain.replaceAll(/[\s_]+/g, '-')];
}

/** A date as seconds since 1970. */
export function dates(text: string): number[] {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return [];
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? [] : [milliseconds / 1000];
}

/** An object whose properties stand in one text, `keep-last=3,keep-daily=7`, or of which only the usual one is written. */
export function ofOneProperty(value: string | number): JsonObject[] {
  const pairs = String(value)
    .split(/[,;\s]+/)
    .map((pair) => /^([\w-]+)=(\S+)$/.exec(pair));
  const properties = pairs.map((pair): [string, Json] => [pair?.[1] ?? '', plainValue(pair?.[2] ?? '')]);
  if (pairs.every((pair) => pair !== null)) return [Object.fromEntries(properties)];
  return typeof value === 'number'
    ? [{ 'keep-last': value }, { lower: value }, { default: value }]
    : [{ cidr: value }, { type: value }, { entries: [value] }];
}

function plainValue(text: string): Json {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

/** An entry of a list by its object: a variable as the shell writes it, a range of addresses. */
export function entries(text: string): Json[] {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(text) ?? [];
  const [, first, last] = /^([\d.]+)\s*-\s*([\d.]+)$/.exec(text) ?? [];
  return [
    ...(name === undefined ? [] : [{ name, value: value ?? '' }]),
    ...(first === undefined || last === undefined ? [] : [[{ 'start-address': first, 'end-address': last }]]),
  ];
}

/** What is often wrong about one entry of a list, each with the entry put right. */
const OF_ENTRIES: readonly ((entry: string) => string | undefined)[] = [
  (entry) => otherWords(entry)[0],
  (entry) => entry.replace(/^(?:mailto|DNS|IP|IP Address):\s*/i, ''),
  (entry) => entry.replace(/^@/, ''),
  (entry) => (entry.includes('@') ? entry : `${entry}@pam`),
];

/** A list of texts with one mistake in its entries, or in place of a text. */
export function lists(list: readonly unknown[]): Json[] {
  const texts = list.filter((entry) => typeof entry === 'string');
  if (texts.length === 0 || texts.length < list.length) return [];
  const corrected = OF_ENTRIES.map((correct) => texts.map((entry) => correct(entry) ?? entry)).filter((other) =>
    other.some((entry, index) => entry !== texts[index]),
  );
  return [...corrected, texts.join(',')];
}

/** Several words in one text, with the words of others replaced. */
export function joined(text: string): string[] {
  return text.includes(',')
    ? [
        text
          .split(/,\s*/)
          .map((word) => otherWords(word)[0] ?? word)
          .join(','),
      ]
    : [];
}

/** Names that may have been meant by one that is not allowed. */
export function names(name: string): string[] {
  const guest = /^(?:(ct|lxc|vm|qemu)[:/ -]?)?(\d{3,9})$/i.exec(name);
  const kinds = /^(vm|qemu)$/i.test(guest?.[1] ?? '') ? ['vm'] : ['ct'];
  const plain = name.trim().replaceAll(/\s+/g, '-');
  return [
    plain,
    plain.toLowerCase(),
    plain.toLowerCase().replaceAll('_', '-'),
    ...(guest === null ? [] : [...kinds.map((kind) => `${kind}:${guest[2]}`), `${guest[2]}-0`]),
    `${plain}@pve`,
    plain.replace('/', '!'),
    plain.replaceAll(/[^A-Za-z0-9]/g, ''),
  ].filter((meant) => meant !== name && meant !== '');
}
