// Perl semantics that affect what Proxmox accepts.

/** A pattern for the whole string like Perl's `^…$`, which allows one line feed at the end. `{,16}` is a quantifier since Perl 5.34. */
export function wholeMatch(source: string, flags = ''): RegExp {
  const ofFlags = patterns.get(flags) ?? new Map<string, RegExp>();
  const known = ofFlags.get(source);
  if (known !== undefined) return known;
  const counted = source.replaceAll(/\{,(?=\d+\})/g, '{0,');
  const isOfWords = counted.includes('\\w');
  const pattern = new RegExp(
    `^(?:${isOfWords ? withAnyLetter(counted) : counted})\\n?$`,
    isOfWords && !flags.includes('u') ? `${flags}u` : flags,
  );
  patterns.set(flags, ofFlags.set(source, pattern));
  return pattern;
}

/** `\w` is any letter or digit of Unicode: Proxmox decodes its arguments before it checks them. */
function withAnyLetter(source: string): string {
  return source.replaceAll(/\\w|\[(?:\\.|[^\]\\])*\]/g, (part) =>
    part === '\\w' ? `[${WORD}]` : part.replaceAll('\\w', WORD),
  );
}

const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';

/** Cache by flags and source: a configuration with many guests uses the same few patterns thousands of times. */
const patterns = new Map<string, Map<string, RegExp>>();

/** Splits a list like Proxmox: at NUL if there is one, else at commas, semicolons and whitespace. */
export function splitList(text: string): string[] {
  if (text.includes('\0')) return splitOn(text, '\0');
  const spaced = text.replaceAll(/[,;]/g, ' ').replace(/^\s+/, '');
  return spaced === '' ? [] : spaced.split(/\s+/).filter((part, index, all) => index < all.length - 1 || part !== '');
}

/** Perl's split at a fixed separator: trailing empty fields are dropped. */
export function splitOn(text: string, separator: string): string[] {
  const parts = text.split(separator);
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

/** 1 or 0 for Proxmox's boolean words, undefined for others. */
export function booleanOf(text: string): '0' | '1' | undefined {
  if (wholeMatch('1|on|yes|true', 'i').test(text)) return '1';
  return wholeMatch('0|off|no|false', 'i').test(text) ? '0' : undefined;
}
