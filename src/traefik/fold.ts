// Case-insensitive comparison as in Go (strings.EqualFold, Unicode simple folding).

/** A canonical form for equal words. */
export function folded(word: string): string {
  if (/^[\0-\x7f]*$/.test(word)) return word.toLowerCase();
  return [...word].map((sign) => (sign === 'ı' ? sign : single(single(sign, 'toUpperCase'), 'toLowerCase'))).join('');
}

export function equalFold(a: string, b: string): boolean {
  return a === b || folded(a) === folded(b);
}

/** Simple folding maps one character to one character. */
function single(sign: string, change: 'toUpperCase' | 'toLowerCase'): string {
  const changed = sign[change]();
  return [...changed].length === 1 ? changed : sign;
}
