// The forms in which a secret may appear in output of programs, services or errors: literally, or encoded by a shell, JSON, YAML, HTML, a form, a
// URL, base64 or hexadecimal digits, also nested. One expression finds them all.

/** One form of a secret, or of a part of it. */
export interface SecretForm {
  readonly pattern: RegExp;
  /** Substrings of four characters: a text with none of them does not contain the form. Empty: unknown. */
  readonly needles: readonly string[];
  /** Length of the longest text that it matches, in characters. */
  readonly longest: number;
}

/** Minimum length of a line that is searched for: a short one may be an ordinary word. */
const MIN_LINE_LENGTH = 8;
/** Minimum length of a value that is searched for in encoded form: shorter ones would match any text. */
const MIN_ENCODED_LENGTH = 6;
/** Longer texts are searched for in pieces. */
const MAX_WHOLE = 256;
const PIECE = 64;
/** Length of a needle, in characters. */
export const NEEDLE = 4;

/** The whole secret and each of its lines, in every form; a longer secret is searched for in pieces. */
export function formsOf(secret: string): SecretForm[] {
  const whole = secret.trim();
  const lines = whole
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= MIN_LINE_LENGTH);
  const pieces = [whole, ...lines].flatMap((text) => (text.length <= MAX_WHOLE ? [text] : piecesOf(text)));
  return [...new Set(pieces)].flatMap((text) => {
    const written = writtenForms(text);
    return text.length < MIN_ENCODED_LENGTH ? [written] : [written, ...hexadecimal(text), ...base64(text)];
  });
}

/** Empty for a text of several lines, whose lines are searched for anyway. */
function piecesOf(text: string): string[] {
  if (text.includes('\n')) return [];
  return Array.from({ length: Math.ceil(text.length / PIECE) }, (_, index) =>
    text.slice(index * PIECE, (index + 1) * PIECE),
  ).filter((piece) => piece.length >= MIN_LINE_LENGTH);
}

/** Matches each character in any of its encodings. */
function writtenForms(text: string): SecretForm {
  // A run of backslashes is one unit: matched separately, there would be too many ways to match a longer run.
  const parts = (text.match(/\\+|./gsu) ?? []).map((character) => ({ character, written: writings(character) }));
  const longest = parts.reduce(
    (sum, { character, written }) => sum + (written === null ? character.length : MAX_WRITING),
    0,
  );
  const source = parts.map(({ character, written }) => written ?? literally(character)).join('');
  const run =
    [...text.matchAll(/[A-Za-z0-9]+/g)].map(([letters]) => letters).sort((a, b) => b.length - a.length)[0] ?? '';
  return { pattern: new RegExp(source, 'g'), needles: run.length < NEEDLE ? [] : [needleOf(run)], longest };
}

const MAX_WRITING = 40;

/** HTML's named entities, beside numeric ones. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
  '\u00a0': 'nbsp',
};
const CONTROL: Readonly<Record<string, string>> = {
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\b': 'b',
  '\f': 'f',
  '\v': 'v',
  '\x1b': 'e',
};

/** Null for letters and digits, which formats encode only together with all others. */
function writings(character: string): string | null {
  if (/^[A-Za-z0-9]$/.test(character)) return null;
  if (character.startsWith('\\')) return backslashes(character.length);
  const code = character.codePointAt(0) ?? 0;
  const bytes = Buffer.from(character);
  const percent = [...bytes]
    .map((byte) => `(?:25)*${anyCase(byte.toString(16).padStart(2, '0'))}`)
    .map((byte) => `%${byte}`);
  const octal = [...bytes].map((byte) => `\\\\+${byte.toString(8).padStart(3, '0')}`);
  const bytesAsHex = [...bytes].map((byte) => `\\\\+x${anyCase(byte.toString(16).padStart(2, '0'))}`);
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const unicode = units.map(
    (unit) => `\\\\+u(?:${anyCase(unit.toString(16).padStart(4, '0'))}|\\{0*${anyCase(code.toString(16))}\\})`,
  );
  const entity = [
    `#0*${code}`,
    `#[xX]0*${anyCase(code.toString(16))}`,
    ...(ENTITIES[character] === undefined ? [] : [ENTITIES[character]]),
  ];
  const control = CONTROL[character];
  return `(?:${[
    ...quoting(character),
    percent.join(''),
    unicode.join(''),
    bytesAsHex.join(''),
    octal.join(''),
    // An ampersand may itself be encoded as an entity.
    `&(?:amp;)*(?:${entity.join('|')});`,
    ...(control === undefined ? [] : [`\\\\+${control}`]),
  ].join('|')})`;
}

function backslashes(count: number): string {
  return `(?:\\\\{${count},${count * 16}}|(?:%(?:25)*5[cC]|&(?:amp;)*(?:#0*92|#[xX]0*5[cC]);){${count}})`;
}

/** Preceding backslashes, as many as nested formats add, and the quoting of shells and YAML. */
function quoting(character: string): string[] {
  const plain = literally(character);
  switch (character) {
    case "'":
      return [`'(?:\\\\+'|"'"|\\\\*"\\\\*'\\\\*")'`, `''`, `\\\\*'`];
    case ' ':
      return ['\\\\* ', '\\+'];
    case '\n':
      return ['\\\\*\\r?\\n[ \\t]*'];
    case '"':
      return ['""', '\\\\*"'];
    case '$':
      return ['\\\\*\\$\\$?'];
    default:
      return [`\\\\*${plain}`];
  }
}

const BETWEEN_BYTES = ['', ' ', ':', '-', '%', '\\x', ', 0x', ',0x', ' 0x'];

/** Every byte as two digits: contiguous, or separated as in dumps, addresses and programming languages. */
function hexadecimal(text: string): SecretForm[] {
  const bytes = [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0'));
  const source = bytes.map(anyCase).join('(?:[:-]|\\s{1,2}|%(?:25)*|\\\\+x|,? ?0x)?');
  const [first = '', second = ''] = bytes;
  const begins = BETWEEN_BYTES.flatMap((between) =>
    [first, first.toUpperCase()].flatMap((one) => [second, second.toUpperCase()].map((two) => one + between + two)),
  );
  return [{ pattern: new RegExp(source, 'g'), needles: begins.map(needleOf), longest: bytes.length * 8 }];
}

/** For each of the three alignments in the encoded data, in both alphabets, also wrapped into lines. */
function base64(text: string): SecretForm[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((offset): SecretForm[] => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // Characters that contain bits of neighbouring data vary.
    const whole = Math.floor(((bytes.length + offset) * 8) / 6);
    const inner = encoded.slice(Math.ceil((offset * 8) / 6), whole);
    if (inner.length < MIN_ENCODED_LENGTH) return [];
    const source = [...inner]
      .map((character) =>
        character === '+' ? '(?:[+-]|%2[Bb])' : character === '/' ? '(?:\\\\?\\/|_|%2[Ff])' : character,
      )
      .join('(?:\\s|\\\\+r?\\\\*n)?');
    // Two needles, since one may be split by a line break.
    const runs = [...inner.matchAll(/[A-Za-z0-9]{4}/g)].map(([letters]) => letters);
    const needles = [...new Set([runs[0], runs.at(-1)].filter((letters) => letters !== undefined))];
    // The character with the secret's last bits is removed too.
    return [{ pattern: new RegExp(`${source}[A-Za-z0-9+/_-]?`, 'g'), needles, longest: inner.length * 6 + 1 }];
  });
}

function needleOf(text: string): string {
  return text.slice(0, NEEDLE);
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
