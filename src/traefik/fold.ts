// Words that are one to Go, in whatever case their letters are (strings.EqualFold, which is Unicode's simple folding).

/** The same for words that are one. */
export function folded(word: string): string {
  if (/^[\0-\x7f]*$/.test(word)) return word.toLowerCase();
  return [...word].map((sign) => (sign === 'ı' ? sign : single(single(sign, 'toUpperCase'), 'toLowerCase'))).join('');
}

export function equalFold(a: string, b: string): boolean {
  return a === b || folded(a) === folded(b);
}

/** Simple folding keeps one sign one sign. */
function single(sign: string, change: 'toUpperCase' | 'toLowerCase'): string {
  const changed = sign[change]();
  return [...changed].length === 1 ? changed : sign;
}
