// The sentences for syntax errors of JSON, with a hint where the mistake can be guessed. Pure.

import { MAX_DEPTH, MAX_VALUES } from '../limits.ts';
import { MAY_BE_SECRET } from './secret-fields.ts';
import { TOKEN } from './tokens.ts';

export interface Fault {
  readonly message: string;
  readonly hint: string | null;
}

function isComment(token: number): boolean {
  return token === TOKEN.lineComment || token === TOKEN.blockComment;
}

/** A token that no value begins with. @param inside whether an array or object is open */
export function valueFault(token: number, text: string, offset: number, inside: boolean): Fault {
  if (isComment(token)) return comment();
  if (token === TOKEN.end) return inside ? ended() : { message: 'the file is empty', hint: null };
  if (token === TOKEN.string)
    return {
      message: 'a string is not closed or has a character that must be escaped',
      hint: hintForText(text, offset),
    };
  if (token === TOKEN.number) return { message: 'a number ends too early', hint: null };
  if (token === TOKEN.comma) return { message: 'a value is missing before the comma', hint: null };
  return unknownWord(text, offset, 'a value');
}

const ESCAPES = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a string of JSON must not hold them
const CONTROL = /[\u0000-\u001f]/;

/** What is wrong with the text that begins here; null where that cannot be told. */
function hintForText(text: string, offset: number): string | null {
  const line = text.slice(offset + 1, offset + 1000).split(/[\r\n]/)[0] ?? '';
  const [content = ''] = /^(?:[^"\\]|\\.)*/.exec(line) ?? [];
  if (content.replaceAll(ESCAPES, '').includes('\\'))
    return 'A backslash is written twice in JSON; folders of Linux are separated by "/".';
  if (content.includes('\t')) return 'Write \\t for a tab, or a space.';
  const [control] = CONTROL.exec(content) ?? [];
  if (control !== undefined)
    return `Take out the character ${codeOf(control)}, or write ${JSON.stringify(control).slice(1, -1)} for it.`;
  return line[content.length] === '"' ? null : 'Put a double quote at its end.';
}

export function keyFault(token: number, text: string, offset: number): Fault {
  if (isComment(token)) return comment();
  if (token === TOKEN.end) return ended();
  if (token === TOKEN.comma)
    return { message: '"," stands where a name in double quotes is expected', hint: ONE_TOO_MANY };
  if (token === TOKEN.string)
    return { message: 'a name is not closed or has a character that must be escaped', hint: hintForText(text, offset) };
  return unknownWord(text, offset, 'a name in double quotes');
}

function unknownWord(text: string, offset: number, expected: string): Fault {
  const word = /^[^\s,:{}[\]]{1,20}/.exec(text.slice(offset, offset + 20))?.[0] ?? text.slice(offset, offset + 1);
  if (/^[#;]/.test(word)) return comment();
  if (/^[\s\u200b-\u200d\u2060\ufeff]/.test(word))
    return {
      message: `an invisible character (${codeOf(word)}) stands where ${expected} is expected`,
      hint: 'It comes with text that is copied from a page: write an ordinary space in its place.',
    };
  const isPlain = Object.hasOwn(WORDS, word) || /^[\]},:]$/.test(word);
  if (expected === 'a value' && !isPlain && isOfSecret(text, offset))
    return { message: `a word stands where ${expected} is expected`, hint: 'Put the value in double quotes.' };
  return { message: `${JSON.stringify(word)} stands where ${expected} is expected`, hint: hintFor(word, expected) };
}

/** Whether the value at this place is one that is not shown, by the name before it, also in a list. */
function isOfSecret(text: string, offset: number): boolean {
  const [, name = ''] = /"([^"\n]*)"\s*:\s*(?:\[[^\]{}]*)?$/.exec(text.slice(Math.max(0, offset - 200), offset)) ?? [];
  return MAY_BE_SECRET.test(name);
}

const codeOf = (word: string): string => `U+${word.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

const ONE_TOO_MANY = 'There is a comma too many: remove one.';

/** Words of other languages and their JSON equivalent. */
const WORDS: Readonly<Record<string, string>> = {
  True: 'true',
  TRUE: 'true',
  yes: 'true',
  on: 'true',
  False: 'false',
  FALSE: 'false',
  no: 'false',
  off: 'false',
  None: 'null',
  nil: 'null',
  NULL: 'null',
  undefined: 'null',
};

function hintFor(word: string, expected: string): string | null {
  if (word.startsWith("'")) return 'JSON knows double quotes only.';
  if (/^[\u2018-\u201f\u00ab\u00bb]/.test(word))
    return 'JSON knows straight double quotes (") only: an editor for prose put others here.';
  const meant = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  if (expected === 'a value' && meant !== undefined) return `Write ${meant}.`;
  if (/^[+-]/.test(word)) return 'Remove the sign, which a patch has at its lines.';
  return /^[A-Za-z_][\w./-]*$/.test(word) ? `Put it in double quotes: ${JSON.stringify(word)}.` : null;
}

export function missingColon(token: number, name: string): Fault {
  return isComment(token) ? comment() : { message: `a colon is missing after ${quoteName(name)}`, hint: null };
}

export function notClosed(token: number, inArray: boolean): Fault {
  if (isComment(token)) return comment();
  if (token === TOKEN.end) return ended();
  return {
    message: `a comma or ${inArray ? '"]"' : '"}"'} is missing`,
    hint: 'Entries stand apart by commas: put one behind the entry before this place.',
  };
}

export function trailingContent(token: number): Fault {
  return isComment(token)
    ? comment()
    : {
        message: 'something follows after the end of the document',
        hint: 'Remove it, or the bracket before it, which closes too early.',
      };
}

function comment(): Fault {
  return { message: 'JSON has no comments', hint: 'Remove it; most objects take a field "comment" or "description".' };
}

export function trailingComma(): Fault {
  return { message: 'a comma stands before the closing bracket', hint: 'Remove the comma after the last entry.' };
}

function ended(): Fault {
  return { message: 'the file ends before everything is closed', hint: 'Is a bracket missing, or the file cut off?' };
}

export function tooDeep(): Fault {
  return { message: `nested more than ${MAX_DEPTH} levels deep`, hint: null };
}

export function tooManyValues(): Fault {
  return { message: `holds more than ${MAX_VALUES} values`, hint: null };
}

/** The quoted and truncated name. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
