// Guesses for quantities in other units, and for numbers with something around them. Pure.

import type { Json } from '../../model/json.ts';

const UNITS: readonly (readonly [RegExp, (count: number) => string])[] = [
  [/^(\d+) ?m(in(ute)?s?)?$/i, (count) => `${count}m`],
  [/^(\d+) ?h((ou)?rs?)?$/i, (count) => `${count}h`],
  [/^(\d+) ?d(ays?)?$/i, (count) => `${count}d`],
  [/^(\d+) ?w(eeks?)?$/i, (count) => `${count * 7}d`],
  [/^(\d+) ?mo(nths?)?$/i, (count) => `${count * 30}d`],
  [/^(\d+) ?y(ears?)?$/i, (count) => `${count * 365}d`],
];

/** A duration in words, or in units that a field does not take: `3 hours`, `1y`. */
export function durations(text: string): string[] {
  return UNITS.flatMap(([form, write]) => {
    const count = form.exec(text)?.[1];
    return count === undefined ? [] : [write(Number(count))];
  });
}

/** `30%` as a number or a share, `9443/tcp`, `VLAN7` and `10MB` as their numbers, and `500 GB` as `500G`. Megabits, `10Mbps` or `10Mb/s`, are no megabytes. */
export function quantities(field: string, text: string): Json[] {
  const percent = /^(\d+(?:\.\d+)?) ?%$/.exec(text)?.[1];
  const [, port] = /^(\d+)\/(?:tcp|udp)$/i.exec(text) ?? [];
  const [, vlan] = /^vlan[ _-]?(\d+)$/i.exec(text) ?? [];
  const [, rate] = (/rate|limit|per_s$/.test(field) && /^(\d+(?:\.\d+)?) ?(?:Mi?B|mi?b)(?:\/s)?$/.exec(text)) || [];
  const [, size, letter = ''] = /^(\d+(?:\.\d+)?) ?([kmgt])(?:i?b)?$/i.exec(text) ?? [];
  const numbers = [port, vlan, rate].flatMap((number) => (number === undefined ? [] : [Number(number)]));
  return [
    ...(percent === undefined ? [] : [field.endsWith('_share') ? Number(percent) / 100 : Number(percent)]),
    ...numbers,
    ...(size === undefined ? [] : [`${size}${letter.toUpperCase()}`]),
  ];
}
