// Guesses the intended value where one is written in the format of another program. The caller validates the guesses against the schema. Pure.

import type { Json } from '../../model/json.ts';
import * as meant from './meant-values.ts';
import { durations, quantities } from './other-units.ts';
import { otherWords } from './other-words.ts';

/** Maximum length of a text for which a guess is made. */
const MAX_GUESSED_LENGTH = 200;

/** The words for no and for yes of fields that are no switches. Any field that takes a text would take them. */
const SWITCHES: Readonly<Record<string, readonly [no: string, yes?: string]>> = {
  compress: ['0', 'zstd'],
  pg_autoscale_mode: ['off', 'on'],
  preallocation: ['off'],
  signed_commits: ['off', 'all'],
  videostreaming: ['off', 'all'],
};

function switched(field: string, value: boolean): Json[] {
  const [no, yes] = (Object.hasOwn(SWITCHES, field) ? SWITCHES[field] : undefined) ?? [];
  const word = value ? yes : no;
  return [{ enabled: value }, ...(word === undefined ? [] : [word])];
}

/**
 * Possible intended values, the likeliest first.
 * @param field the name of the field, or its number for an entry of a list
 * @param among the name of the list for an entry of one, else that of the field
 */
export function meanings(field: string, value: unknown, among: string = field): Json[] {
  if (typeof value === 'boolean') return switched(field, value);
  if (Array.isArray(value)) return meant.lists(among, value);
  if (typeof value === 'object' && value !== null) return meant.oneTextOtherwise(value);
  if (typeof value === 'number')
    return [
      ...(value === 0 || value === 1 ? [value === 1] : []),
      ...(field.endsWith('_mb') ? [value * 1024] : []),
      ...(field === 'duration' ? [`${value}m`] : []),
      ...(field.endsWith('_share') ? [value / 100] : []),
      ...otherWords(String(value)),
      String(value),
      [value],
      [String(value)],
      ...meant.ofOneProperty(value),
    ];
  if (typeof value !== 'string' || value.length > MAX_GUESSED_LENGTH) return [];
  const text = value.trim();
  return [
    ...plain(text),
    ...inUnits(field, text),
    ...quantities(field, text),
    ...durations(text),
    ...meant.devices(text),
    ...meant.checksums(text),
    ...meant.mailAddresses(text),
    ...ofStorage(field, text),
    ...addresses(text),
    ...ids(text),
    ...otherWords(text),
    ...files(text),
    ...ofWindows(text),
    ...meant.paths(text),
    ...meant.rightsPaths(text),
    ...meant.ownership(field, text),
    ...meant.dates(text),
    ...meant.entries(text),
    ...meant.joined(text),
    ...calendarEvents(text),
    ...crons(text),
    ...objects(text),
    text,
    ...otherCases(field, text),
    text.split(/[,;\s]+/).filter((word) => word !== ''),
    [text],
    ...meant.lists(among, [text]),
    ...meant.entryOtherwise(among, text),
    ...meant.objectsOfText(text),
    ...meant.ofOneProperty(text),
    ...meant.hosts(text),
    ...(field === 'name' ? [text.replaceAll(/[\s-]+/g, '_')] : []),
  ].filter((meant) => meant !== value);
}

/** Not of a path: where case matters, the same in another case is another file. Nor of a time zone, which is named by the message of its schema. */
function otherCases(field: string, text: string): string[] {
  if (text.includes('/') || field === 'timezone') return [];
  return [text.toLowerCase(), text.toUpperCase(), text.toLowerCase().replaceAll(/[\s_]+/g, '-')];
}

const TRUE = /^(true|yes|on|1)$/i;
const FALSE = /^(false|no|off|0)$/i;

function plain(text: string): Json[] {
  return [
    ...(/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text) ? [Number(text)] : []),
    ...(TRUE.test(text) ? [true] : FALSE.test(text) ? [false] : []),
  ];
}

/** Unit letters by their power of 1024. */
const POWERS = ['b', 'k', 'm', 'g', 't'];

/** Converts `8G` for a field whose name ends in GB or MB. */
function inUnits(field: string, text: string): Json[] {
  const [, unit] = /_(mb|gb)$/.exec(field) ?? [];
  const [, number, letter = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b)?$/i.exec(text) ?? [];
  if (unit === undefined || number === undefined) return [];
  const power = POWERS.indexOf(letter.toLowerCase()) - POWERS.indexOf(unit.charAt(0));
  return [Number(number) * 1024 ** power];
}

/** A new disk as Proxmox's programs take it, `local-lvm:8`, of which the field is the storage or the size. */
function ofStorage(field: string, text: string): Json[] {
  const [, storage, size] = /^([A-Za-z][\w.-]*):(\d+(?:\.\d+)?)\s*(?:g(?:i?b)?)?$/i.exec(text) ?? [];
  if (storage === undefined) return [];
  if (field.endsWith('_gb')) return [Number(size)];
  return /storage|pool/.test(field) ? [storage] : [];
}

/** A guest by its kind and id: `lxc/101`, `CT 101`. */
function ids(text: string): Json[] {
  const id = /^(?:lxc|vm|qemu|ct|kvm)[ /_-]?([1-9]\d{2,8})$/i.exec(text)?.[1];
  return id === undefined ? [] : [Number(id)];
}

/** Addresses without prefix length, with one too many, or with a netmask instead, and MAC addresses with other separators. */
function addresses(text: string): Json[] {
  const [, address, mask] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  const bits = mask === undefined ? null : bitsOf(mask);
  const digits = text.replaceAll(/[:.-]/g, '');
  return [
    ...(bits === null ? [] : [`${address}/${bits}`]),
    ...(/^\d+\.\d+\.\d+\.\d+$/.test(text) ? [`${text}/24`] : []),
    ...(/^[\d.]+\/\d+$/.test(text) ? [text.replace(/\/.*/, '')] : []),
    ...(/^([0-9a-f]{6}){1,2}$/i.test(digits) ? [digits.toUpperCase().replace(/(..)(?=.)/g, '$1:')] : []),
  ];
}

/** Prefix length of a netmask such as 255.255.255.0; null if it is not one. */
function bitsOf(mask: string): number | null {
  const [, ones = '', zeros = ''] =
    /^(1*)(0*)$/.exec(
      mask
        .split('.')
        .map((part) => Number(part).toString(2).padStart(8, '0'))
        .join(''),
    ) ?? [];
  return ones.length + zeros.length === 32 ? ones.length : null;
}

/** A template or an image by its file name or download URL, or without the folder of its storage. */
function files(text: string): Json[] {
  const [, storage = 'local', file = ''] =
    /^(?:https?:\/\/\S*\/|([A-Za-z][\w.-]*):)?([A-Za-z0-9][\w.+-]*)$/.exec(text) ?? [];
  if (text.includes('://') && /\.(img|qcow2|raw)$/.test(file)) return [file];
  if (/\.tar\.(gz|xz|zst)$/.test(file)) return [`${storage}:vztmpl/${file}`];
  return /\.iso$/i.test(file) ? [`${storage}:iso/${file}`] : [];
}

/** A path with a drive's letter: `C:\\tank`, also where JSON has read a tab in it, since the backslash was written once. */
function ofWindows(text: string): string[] {
  const [, path] = /^[a-z]:([\\/].*[^\\/])[\\/]*$/i.exec(JSON.stringify(text).slice(1, -1)) ?? [];
  return path === undefined ? [] : [path.replaceAll(/[\\/]+/g, '/')];
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Days of cron as the beginning of a calendar event. @param last of several in a row */
function daysOf(day: string, last: string | undefined): string {
  if (day === '*') return '';
  return `${DAYS[Number(day)]}${last === undefined ? '' : `..${DAYS[Number(last)]}`} `;
}

/** A time of the day as an expression of cron. */
function crons(text: string): string[] {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hour === undefined || minute === undefined ? [] : [`${Number(minute)} ${Number(hour)} * * *`];
}

/** A time of cron, or one with AM or PM, as a calendar event of systemd. */
function calendarEvents(text: string): Json[] {
  const plain = text.replace(/^@/, '').replace(/^(?:daily|every day|each day)(?: at)? (?=\d)/i, '');
  if (plain !== text) return [/^\d{1,2}$/.test(plain) ? `${plain.padStart(2, '0')}:00` : plain];
  const [, minute, hour, day = '*', last] = /^(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7])(?:-([0-7]))?$/.exec(text) ?? [];
  const [, every, unit] = /^(?:\*\/)?(\d{1,2}) ?(h|m|\* \* \* \*)$/.exec(text) ?? [];
  if (every !== undefined) return unit === 'h' ? [every === '1' ? 'hourly' : `0/${every}:00`] : [`*:0/${every}`];
  const [, clock, past = '00', half = ''] = /^(\d{1,2})(?::(\d{2}))? ?(am|pm)$/i.exec(text) ?? [];
  const two = (part: string | number) => String(part).padStart(2, '0');
  if (minute !== undefined && hour !== undefined) return [`${daysOf(day, last)}${two(hour)}:${two(minute)}`];
  if (clock === undefined) return [];
  return [`${two((Number(clock) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0))}:${past}`];
}

/** A mount as Docker writes it, and an address in place of an interface. */
function objects(text: string): Json[] {
  const [, host, inside, mode] = /^(\/[^:]*):(\/[^:]*)(?::(ro|rw))?$/.exec(text) ?? [];
  const mount = { host_path: host ?? '', container_path: inside ?? '' };
  return [
    ...(host === undefined ? [] : [mode === 'ro' ? { ...mount, read_only: true } : mount]),
    ...(text === '' ? [] : [{ ip: text.toLowerCase() }]),
  ];
}
