// Guesses the intended value where one is written in the format of another program. The caller validates the guesses against the schema. Pure.

import type { Json } from '../../model/json.ts';

/** Maximum length of a text for which a guess is made. */
const MAX_GUESSED_LENGTH = 200;

/**
 * Possible intended values, the likeliest first.
 * @param field the name of the field
 */
export function meanings(field: string, value: unknown): Json[] {
  if (typeof value === 'number') return [...(value === 0 || value === 1 ? [value === 1] : []), String(value)];
  if (typeof value !== 'string' || value.length > MAX_GUESSED_LENGTH) return [];
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

/** Addresses without prefix length or with a netmask instead, and MAC addresses with other separators. */
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

/** A template by its file name or download URL. */
function templates(text: string): Json[] {
  const [, file] = /^(?:https?:\/\/\S*\/)?([A-Za-z0-9][\w.+-]*\.tar\.(?:gz|xz|zst))$/.exec(text) ?? [];
  return file === undefined ? [] : [`local:vztmpl/${file}`];
}
