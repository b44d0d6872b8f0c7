// What somebody meant who wrote a value in the way of another program: guesses, which whoever asks tries on the schema. Pure.

import type { Json } from '../../model/json.ts';

/** Values that may have been meant, the likeliest first. @param field the name of the field */
export function meanings(field: string, value: unknown): Json[] {
  if (typeof value === 'number') return [...(value === 0 || value === 1 ? [value === 1] : []), String(value)];
  if (typeof value !== 'string') return [];
  const text = value.trim();
  return [
    ...plain(text),
    ...inUnits(field, text),
    ...addresses(text),
    ...templates(text),
    text,
    text.toLowerCase(),
    text.toLowerCase().replaceAll(/[\s_]+/g, '-'),
    text.split(/[,;\s]+/).filter((word) => word !== ''),
  ].filter((meant) => meant !== value);
}

const TRUE = /^(true|yes|on|1)$/i;
const FALSE = /^(false|no|off|0)$/i;

function plain(text: string): Json[] {
  return [
    ...(/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text) ? [Number(text)] : []),
    ...(TRUE.test(text) ? [true] : FALSE.test(text) ? [false] : []),
  ];
}

/** Powers of 1024, by their letter. */
const POWERS = ['b', 'k', 'm', 'g', 't'];

/** `8G` of a field in GB or MB, as its name says. */
function inUnits(field: string, text: string): Json[] {
  const [, unit] = /_(mb|gb)$/.exec(field) ?? [];
  const [, number, letter = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b)?$/i.exec(text) ?? [];
  if (unit === undefined || number === undefined) return [];
  const power = POWERS.indexOf(letter.toLowerCase()) - POWERS.indexOf(unit.charAt(0));
  return [Number(number) * 1024 ** power];
}

/** Without a prefix length, with a mask in its place, or a hardware address with other signs between. */
function addresses(text: string): Json[] {
  const [, address, mask] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  const bits = mask === undefined ? null : bitsOf(mask);
  const digits = text.replaceAll(/[:.-]/g, '');
  return [
    ...(bits === null ? [] : [`${address}/${bits}`]),
    ...(/^\d+\.\d+\.\d+\.\d+$/.test(text) ? [`${text}/24`] : []),
    ...(/^[0-9a-f]{12}$/i.test(digits) ? [digits.toUpperCase().replace(/(..)(?=.)/g, '$1:')] : []),
  ];
}

/** How many bits a mask such as 255.255.255.0 leaves to the network; null for none. */
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

/** A template by the name of its file, or where it is downloaded. */
function templates(text: string): Json[] {
  const [, file] = /^(?:https?:\/\/\S*\/)?([A-Za-z0-9][\w.+-]*\.tar\.(?:gz|xz|zst))$/.exec(text) ?? [];
  return file === undefined ? [] : [`local:vztmpl/${file}`];
}
