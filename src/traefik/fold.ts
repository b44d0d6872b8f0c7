// Whether two words are one to Go, in whatever case their letters are (strings.EqualFold).

export function equalFold(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  if (/^[\0-\x7f]*$/.test(a + b)) return a.toLowerCase() === b.toLowerCase();
  // The only place where a language's own table of cases is that of Unicode's simple folding.
  const escaped = a.replaceAll(/[^\p{L}\p{N}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
  return new RegExp(`^${escaped}$`, 'iu').test(b);
}
