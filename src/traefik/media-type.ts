// Media types as Go parses them (mime.ParseMediaType): a type, and parameters after semicolons.

const TOKEN = String.raw`[!#$%&'*+\-.^_\x60|~0-9a-z]+`;
const PARAMETER = String.raw`\s*;\s*(${TOKEN})\s*=\s*(${TOKEN}|"(?:[^"\\\r\n]|\\.)*")`;
/** No adjacent whitespace patterns, so matching is linear for any input. */
const TYPE = new RegExp(String.raw`^${TOKEN}(?:/${TOKEN})?(?:${PARAMETER})*(?:\s*;)?$`, 'i');

/** Pure. */
export function isMediaType(written: string): boolean {
  const text = written.trim();
  if (!TYPE.test(text)) return false;
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(new RegExp(PARAMETER, 'gi'))) {
    const before = values.get(name.toLowerCase());
    if (before !== undefined && before !== value) return false;
    values.set(name.toLowerCase(), value);
  }
  return true;
}
