// The few habits of Perl that show through in what Proxmox accepts.

/** A whole-string pattern as Perl matches `^…$`: one line feed at the end is let through. */
export function wholeMatch(source: string, flags = ''): RegExp {
  const ofFlags = patterns.get(flags) ?? new Map<string, RegExp>();
  const known = ofFlags.get(source);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^(?:${source})\\n?$`, flags);
  patterns.set(flags, ofFlags.set(source, pattern));
  return pattern;
}

/** By flags and source: a configuration of many guests asks for the same few patterns thousands of times. */
const patterns = new Map<string, Map<string, RegExp>>();

/** Splits a list as Proxmox does: on NUL alone where there is one, else on commas, semicolons and white space. */
export function splitList(text: string): string[] {
  if (text.includes('\0')) return splitOn(text, '\0');
  const spaced = text.replaceAll(/[,;]/g, ' ').replace(/^\s+/, '');
  return spaced === '' ? [] : spaced.split(/\s+/).filter((part, index, all) => index < all.length - 1 || part !== '');
}

/** Perl's split on a fixed separator: empty fields at the end are dropped. */
export function splitOn(text: string, separator: string): string[] {
  const parts = text.split(separator);
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

/** 1 or 0 for the words Proxmox takes as a boolean, undefined for any other. */
export function booleanOf(text: string): '0' | '1' | undefined {
  if (wholeMatch('1|on|yes|true', 'i').test(text)) return '1';
  return wholeMatch('0|off|no|false', 'i').test(text) ? '0' : undefined;
}
