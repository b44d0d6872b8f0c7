// Values of dotenv files as Docker Compose parses them (compose-go, dotenv/parser.go). Unquoted, it expands `$`, ends at ` #` and trims blanks; in
// single quotes everything but the quote is literal; in double quotes it processes escapes and then expands `$`.

/** Quotes a value so that compose parses it back unchanged; not quoted if unnecessary. */
export function dotenvValue(value: string): string {
  if (value === '' || /^[^\s'"`$#\\]([^'"`$#\\\p{Cc}]*[^\s'"`$#\\])?$/u.test(value)) return value;
  // Older releases treat a backslash before a single quote literally, newer ones do not: avoid it.
  if (!value.includes("'") && !value.endsWith('\\')) return `'${value}'`;
  return `"${value.replaceAll(/["\\$]/g, '\\$&')}"`;
}
