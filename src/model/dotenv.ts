// A value in a file of variables as Docker Compose reads it (compose-go, dotenv/parser.go). Without quotes it replaces `$`, ends at ` #`
// and cuts blanks; in single quotes it takes all but a quote as it is; in double ones it reads escapes and then `$` again.

/** The same value, written so that compose reads it back unchanged: as it is where nothing in it means anything. */
export function dotenvValue(value: string): string {
  if (value === '' || /^[^\s'"`$#\\]([^'"`$#\\\p{Cc}]*[^\s'"`$#\\])?$/u.test(value)) return value;
  // Older releases take a backslash before a single quote for itself, newer ones do not: there is none.
  if (!value.includes("'") && !value.endsWith('\\')) return `'${value}'`;
  return `"${value.replaceAll(/["\\$]/g, '\\$&')}"`;
}
