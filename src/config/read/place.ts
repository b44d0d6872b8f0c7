// Places in the config files as JSON pointers (RFC 6901).

/** A place in the configuration: a file below the config root and a JSON pointer into it. */
export interface Place {
  readonly file: string;
  readonly path: string;
}

/** The place of a nested value. Keys are those of the file. */
export function placeIn(place: Place, ...keys: readonly (string | number)[]): Place {
  return { file: place.file, path: place.path + pointer(keys) };
}

/** Joins keys to a pointer such as `/lxc_configs/101/features/0`; empty for the whole document. */
export function pointer(keys: readonly PropertyKey[]): string {
  let path = '';
  for (const key of keys) path += `/${escaped(String(key))}`;
  return path;
}

/** Escapes `~` and `/`, which keys rarely contain. */
function escaped(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

/** Splits a pointer into its keys. */
export function keysOf(path: string): string[] {
  if (path === '') return [];
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
