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

/** An address of e-mail behind the name of its owner: `Ada <ada@example.org>`. */
export function mailAddresses(text: string): string[] {
  const address = /^[^<>]*<([^<>\s]+@[^<>\s]+)>$/.exec(text)?.[1];
  return address === undefined ? [] : [address];
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

/** Devices as other programs show them: `0x0658:0x0200` or `ID 0658:0200` of USB, and a PCI address without its domain. */
export function devices(text: string): string[] {
  const [, vendor, product] = /^(?:ID )?(?:0x)?([0-9a-f]{4})[:-](?:0x)?([0-9a-f]{4})$/i.exec(text) ?? [];
  const isAddress = /^[0-9a-f]{2}:[0-9a-f]{2}(?:\.[0-7])?$/i.test(text);
  return [
    ...(vendor === undefined || product === undefined ? [] : [`${vendor}:${product}`.toLowerCase()]),
    ...(isAddress ? [`0000:${text.toLowerCase()}`] : []),
  ];
}

/** A checksum behind the name of its method: `sha256:…`. */
export function checksums(text: string): string[] {
  const digits = /^(?:md5|sha\d{1,3})[:=] ?([0-9a-f]{32,128})$/i.exec(text)?.[1];
  return digits === undefined ? [] : [digits];
}

/** An object with one of its texts otherwise: a device, or an address. */
export function oneTextOtherwise(object: object): JsonObject[] {
  return Object.entries(object).flatMap(([key, value]) =>
    typeof value === 'string' && value.length < 40
      ? [...devices(value), ...hardwareAddresses(value)].map((other) => ({ ...object, [key]: other }) as JsonObject)
      : [],
  );
}

function hardwareAddresses(text: string): string[] {
  const digits = text.replaceAll(/[:.-]/g, '');
  return /^[0-9a-f]{12}$/i.test(digits) ? [digits.toUpperCase().replace(/(..)(?=.)/g, '$1:')] : [];
}

/** The object of which one text is a part: a command, a certificate, a server to ask, an action, a line of /etc/hosts. */
export function objectsOfText(text: string): JsonObject[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const [address = '', ...others] = words;
  return [
    { certificate: text },
    { upstream_servers: words },
    { action: text },
    { mac: text },
    { rate: text },
    ...(others.length === 0 ? [] : [{ address, names: others }, { command: words }]),
  ];
}

/** What is often wrong about one entry of a list, each with the entry put right. */
const OF_ENTRIES: readonly ((entry: string, among: string) => string | undefined)[] = [
  (entry) => otherWords(entry)[0],
  (entry) => entry.replace(/^(?:mailto|DNS|IP|IP Address):\s*/i, ''),
  (entry) => entry.replace(/^@/, ''),
  // An address of e-mail would be a user just as well, and so would a name of anything.
  (entry, among) => (/^(users?|members)$/.test(among) && !entry.includes('@') ? `${entry}@pam` : entry),
  (entry) => (/^[a-z]\w*$/.test(entry) ? `+${entry}` : entry),
  (entry) => (/^[a-z]\w*$/.test(entry) ? `${entry}=1` : entry),
  (entry) => (/^\d{3,9}$/.test(entry) ? `ct:${entry}` : entry),
  (entry) => entry.replace('/', '!'),
  (entry) => entry.replace(/^(lxc\.[\w.-]+) +/, '$1: '),
];

/** An entry of a list with one mistake. @param among the name of the list */
export function entryOtherwise(among: string, entry: string): string[] {
  return OF_ENTRIES.flatMap((correct) => correct(entry, among) ?? []);
}

/** A list of texts with one mistake in its entries, or in place of a text. @param among its name */
export function lists(among: string, list: readonly unknown[]): Json[] {
  const texts = list.filter((entry) => typeof entry === 'string');
  if (texts.length === 0 || texts.length < list.length) return [];
  const corrected = OF_ENTRIES.map((correct) => texts.map((entry) => correct(entry, among) ?? entry)).filter((other) =>
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
