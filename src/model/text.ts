// What a text may hold that becomes one line of a file, one property or one argument: the schemas refuse the rest at its line, and
// the writers of files refuse it once more, so that nothing that reaches one of them unread ends a line or hides in it.

/** No control characters (line ends, NUL, escape and the like), no ends of lines by Unicode, no halves of a character. */
export const ONE_LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;

/** Whether it has no character that ends a line or that nobody sees, and can be written as UTF-8. */
export function isOneLine(text: string): boolean {
  return ONE_LINE.test(text);
}

/**
 * The text itself.
 * @param what the format that it is written into, for the message
 * @throws Error when it would not stay one line
 */
export function oneLine(text: string, what: string): string {
  if (isOneLine(text)) return text;
  throw new Error(`${JSON.stringify(text.slice(0, 60))} cannot be written into ${what}: it does not stay one line`);
}

/**
 * The text itself.
 * @param pattern what the format can hold
 * @throws Error when the format cannot hold it
 */
export function fitting(text: string, pattern: RegExp, what: string): string {
  if (isOneLine(text) && pattern.test(text)) return text;
  throw new Error(
    `${JSON.stringify(text.slice(0, 60))} cannot be written into ${what}: the format has no way to say it`,
  );
}
