// What Traefik 3.7 lets a dynamic configuration hold, by its own types as its decoder of labels sees them. schema.json is printed by the
// program in test/traefik/decoder ("schema"), and a test holds it to that program.

import type { JsonObject } from '../model/json.ts';
import types from './schema.json' with { type: 'json' };

/** `raw`: whatever is written. A `pointer` is to a plain value: it tells what is not said from what is empty. */
export type Shape =
  | 'string'
  | 'bool'
  | 'int'
  | 'int64'
  | 'uint32'
  | 'duration'
  | 'raw'
  | { readonly pointer: Shape }
  | { readonly list: Shape }
  | { readonly map: Shape }
  /** Name of a type of its own. */
  | { readonly type: string };

export interface Field {
  /** As Traefik's files spell it. */
  readonly name: string;
  readonly is: Shape;
  /** As labels spell it, where that is another word. */
  readonly label?: string;
  /** A list of which labels give one entry, as though it were no list. */
  readonly single?: boolean;
  /** `=true` stands for it with nothing in it. */
  readonly allowEmpty?: boolean;
  /** Labels may name it, and nothing comes of it. */
  readonly ignored?: boolean;
  /** Of what labels may not say: files may. */
  readonly inFiles?: boolean;
  /** Part of what it stands in: its own type's defaults do not count. */
  readonly embedded?: boolean;
}

export interface StructType {
  readonly fields: readonly Field[];
  /** What Traefik takes where a value of this type is there and a field is not. */
  readonly defaults?: JsonObject;
}

const TYPES = types as unknown as Readonly<Record<string, StructType>>;

/** @throws Error for a name that no shape mentions */
export function typeNamed(name: string): StructType {
  const found = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (found === undefined) throw new Error(`Traefik has no type ${name}`);
  return found;
}

/** Of the whole: sections `http`, `tcp`, `udp` and `tls`. */
export const CONFIGURATION = typeNamed('dynamic.Configuration');

/** What the provider for Docker reads itself: `enable` and `docker`. */
export const PROVIDER = typeNamed('main.Provider');
