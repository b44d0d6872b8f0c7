// The values of the files as written, before normalisation, for showing people their own input. Plain-text secrets are marked, so that they are
// hidden wherever a value is shown.

import { composeSecret } from '../compose/secrets.ts';
import { yamlSource } from '../compose/source.ts';
import { pointer } from '../config/read/place.ts';
import { readJson } from '../config/read/read-json.ts';
import type { Json } from '../model/json.ts';
import { namesSecret } from '../model/secret-shapes.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** File contents by path below the config root; undefined for a missing or unreadable file. Each file is parsed once. */
export type WrittenValues = (file: string) => Json | undefined;

export function writtenValues(files: Snapshot['files']): WrittenValues {
  const read = new Map<string, Json | undefined>();
  return (file) => {
    if (!read.has(file)) read.set(file, fileValue(file, files.get(file)?.bytes));
    return read.get(file);
  };
}

function fileValue(file: string, bytes: Uint8Array | undefined): Json | undefined {
  if (bytes === undefined) return undefined;
  if (file.endsWith('.json')) return maskSecrets(readJson(bytes).value as Json | undefined, [], variableSecret);
  try {
    const value = yamlSource(new TextDecoder().decode(bytes)).document.toJS({ maxAliasCount: 1_000 });
    return maskSecrets(
      JSON.parse(JSON.stringify(value)) as Json,
      [],
      (keys, text) => composeSecret(pointer(keys), text) !== null,
    );
  } catch {
    return undefined;
  }
}

type IsSecret = (
  keys: readonly string[],
  text: string,
  within: { readonly [key: string]: Json | undefined },
) => boolean;

/** Whether a stack's variable is secret is judged by the name beside it. */
function variableSecret(
  keys: readonly string[],
  _text: string,
  { name }: { readonly [key: string]: Json | undefined },
): boolean {
  return keys.at(-1) === 'value' && typeof name === 'string' && namesSecret(name);
}

/** The depth has been limited by the parser. */
function maskSecrets(value: Json | undefined, keys: readonly string[], isSecret: IsSecret): Json | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((item, index) => maskSecrets(item, [...keys, String(index)], isSecret) ?? null);
  const object = value as { readonly [key: string]: Json | undefined };
  return Object.fromEntries(
    Object.entries(object).map(([key, item]) => {
      const at = [...keys, key];
      if (typeof item === 'string' && isSecret(at, item, object)) return [key, { $plain: item }];
      return [key, maskSecrets(item, at, isSecret)];
    }),
  );
}
