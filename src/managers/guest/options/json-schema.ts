// The JSON Schema of `options`, for editors: every name of Proxmox's table with its values. A numbered option is listed once, with a pattern for the
// others.

import { keysOfOption } from '../../../proxmox/guests/guest-options.ts';
import { configOption, placesFor, type Schema } from '../../../proxmox/parameters/table.ts';
import type { GuestKind } from '../settings/setting.ts';
import { PROXMOX_KIND } from './option.ts';

type Node = Record<string, unknown>;

/** Longer enumerations, such as all CPU models, do not help in an editor. */
const MAX_WORDS = 40;

/** @param names names of the allowed options */
export function optionsJsonSchema(kind: GuestKind, names: readonly string[]): Node {
  const of = PROXMOX_KIND[kind];
  const stems = names.flatMap((name) =>
    /^[a-z]+1$/.test(name) && placesFor(of, name.slice(0, -1)) > 1 ? [name.slice(0, -1)] : [],
  );
  const isFurther = (name: string): boolean =>
    stems.some((stem) => name.startsWith(stem) && /^\d+$/.test(name.slice(stem.length)) && !isFirst(name, stem, names));
  const written = names.filter((name) => !isFurther(name));
  return {
    properties: Object.fromEntries(written.map((name) => [name, optionNode(kind, name)])),
    patternProperties: Object.fromEntries(
      stems.map((stem) => [`^${stem}(0|[1-9][0-9]*)$`, { $comment: `As the first ${stem}.` }]),
    ),
    additionalProperties: false,
  };
}

function isFirst(name: string, stem: string, names: readonly string[]): boolean {
  return name === names.find((each) => each.startsWith(stem) && /^\d+$/.test(each.slice(stem.length)));
}

function optionNode(kind: GuestKind, option: string): Node {
  const of = PROXMOX_KIND[kind];
  const schema = configOption(of, option) ?? {};
  const keys = keysOfOption(of, option);
  const description = `Option ${option} of Proxmox.`;
  if (keys === undefined) return { description, ...valueNode(schema) };
  const properties = Object.entries(keys).map(([key, each]) => [
    key,
    { description: `Key ${key} of ${option}.`, ...valueNode(each) },
  ]);
  return {
    description,
    anyOf: [
      { type: ['string', 'number', 'boolean'] },
      { type: 'object', minProperties: 1, properties: Object.fromEntries(properties), additionalProperties: false },
    ],
  };
}

export function valueNode({ type, enum: words, minimum, maximum }: Schema): Node {
  if (type === 'boolean') return { enum: [true, false, 0, 1, '0', '1'] };
  if (words !== undefined && words.length <= MAX_WORDS) return { enum: [...words] };
  if (type === 'integer' || type === 'number')
    return {
      type: [type, 'string'],
      ...(minimum === undefined ? {} : { minimum }),
      ...(maximum === undefined ? {} : { maximum }),
    };
  return { type: ['string', 'number', 'boolean'] };
}
