// Nothing that came from a repository may act on the terminal that shows it.

/** Control characters, and marks that turn the direction of writing, read `?`. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '?');
}
