// Places in the written files, as JSON pointers (RFC 6901).

/** Where something was written: a file below the config root and a JSON pointer into it. */
export interface Place {
  readonly file: string;
  readonly path: string;
}

/** The place of a part: `within(guest.writtenAt, 'network_config', 'ip')`. Names are those of the written file. */
export function placeIn(place: Place, ...keys: readonly (string | number)[]): Place {
  return { file: place.file, path: place.path + pointer(keys) };
}

/** `/lxc_configs/101/features/0` of its parts; empty for the whole document. */
export function pointer(keys: readonly PropertyKey[]): string {
  let path = '';
  for (const key of keys) path += `/${escaped(String(key))}`;
  return path;
}

/** Nearly no name holds one of the two. */
function escaped(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

/** The parts of a pointer. */
export function keysOf(path: string): string[] {
  if (path === '') return [];
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
