// Checks for texts that become a single line of a file, a property or an argument. Schemas reject invalid ones with their position, and file writers
// check again, so that no unchecked text can end a line or hide in it.

/** No control characters (line ends, NUL, escape and the like), no Unicode line separators, no lone surrogates. */
export const ONE_LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;

/** Whether it contains no line end or invisible control character and is valid UTF-16. */
export function isOneLine(text: string): boolean {
  return ONE_LINE.test(text);
}

/**
 * Returns the text unchanged.
 * @param what the format that it is written into, for the message
 * @throws Error if it is not a single line
 */
export function oneLine(text: string, what: string): string {
  if (isOneLine(text)) return text;
  throw new Error(`${JSON.stringify(text.slice(0, 60))} cannot be written into ${what}: it does not stay one line`);
}

/**
 * Returns the text unchanged.
 * @param pattern what the format can represent
 * @throws Error if the format cannot represent it
 */
export function fitting(text: string, pattern: RegExp, what: string): string {
  if (isOneLine(text) && pattern.test(text)) return text;
  throw new Error(
    `${JSON.stringify(text.slice(0, 60))} cannot be written into ${what}: the format has no way to say it`,
  );
}

/** Quoted where a shell would not take it for one word as it is, such as a name with `!`. For commands that people copy; Phoenix itself uses no shell. */
export function shellWord(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
