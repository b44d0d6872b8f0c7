// JSON pointers (RFC 6901): how a field is named in problems and plans.

/** The pointer of `key` below the value at `path`. */
export function child(path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The unescaped keys of a pointer; none for the whole document. */
export function keys(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
