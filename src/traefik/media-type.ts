// Media types as Go reads them (mime.ParseMediaType): a type, and parameters after semicolons.

const TOKEN = String.raw`[!#$%&'*+\-.^_\x60|~0-9a-z]+`;
const TYPE = new RegExp(
  String.raw`^\s*${TOKEN}(?:/${TOKEN})?\s*(?:\s*;\s*${TOKEN}\s*=\s*(?:${TOKEN}|"(?:[^"\\\r\n]|\\.)*"))*\s*;?\s*$`,
  'i',
);

/** Pure. */
export function isMediaType(text: string): boolean {
  return TYPE.test(text);
}
