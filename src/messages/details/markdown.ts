// The one writer of Markdown: whatever comes from a configuration, a log, a host or a person shows as itself, and never becomes a
// link, a mention, a reference, a picture, HTML, a command to the forge or any other form. Forges look for references in what is
// rendered, so that escaping alone is not enough: their shapes are broken up, or stand in code, where no forge looks. Pure.

import { printable } from '../printable.ts';

/** Has no width. After a character that begins a reference it keeps the forge from seeing one. */
const BREAK = '\u200B';
/**
 * What a forge makes a link of without any mark: addresses, e-mail addresses with a scheme, commits, and issues of trackers, whose
 * prefixes a repository sets. Such a word stands in code, so that it can be copied as it is.
 */
const LINKED = /:\/\/|www|(?:mailto|xmpp):|[0-9a-f]{7,}|[a-z]-\d|ghsa-/i;
/** Quotes, brackets and full stops around a word are not part of it. */
const BEFORE = /^[("'[]*/;
const AFTER = new Set(`)"'].,;:!?`);
/** What Markdown reads as a mark. */
const MARKS = /[\\`*_{}[\]<>#|~!&$]/g;
/** What begins a reference at GitHub, Gitea or GitLab where something follows: a person, issue, label, milestone, snippet, formula. */
const SIGILS = /[@#!~%&$^*[{](?=[^\s])/g;
/** A short name of a picture: `:rocket:`. */
const SHORT_NAME = /:(?=[\w+-]+:)/g;
/** At the beginning of a line: a list, an underline, or a command to GitLab. */
const AT_START = /^(?=[-+=/])|^(\d{1,9})(?=[.)](?:\s|$))/;

/** Words on one line, for a paragraph or the cell of a table. */
export function plain(text: string): string {
  const words = oneLine(text).trim().split(' ').map(escapeWord);
  return words.join(' ').replace(AT_START, '$1\\');
}

function escapeWord(text: string): string {
  if (!LINKED.test(text)) return escaped(text);
  const [before = ''] = BEFORE.exec(text) ?? [];
  // Step by step: a pattern that looks for the end from every place takes forever with a long one.
  let end = text.length;
  while (end > before.length && AFTER.has(text.charAt(end - 1))) end -= 1;
  return `${escaped(before)}${code(text.slice(before.length, end))}${escaped(text.slice(end))}`;
}

function escaped(text: string): string {
  return broken(text).replaceAll(MARKS, (character) => `\\${character}`);
}

function broken(text: string): string {
  return text.replaceAll(SIGILS, `$&${BREAK}`).replaceAll(SHORT_NAME, `:${BREAK}`);
}

/** Inline code that holds the text, whatever backticks are in it. */
export function code(text: string): string {
  // In a table a bar is escaped within code as well. One that a backslash stands before already cannot be.
  const line = oneLine(text).replaceAll(/(\\?)\|/g, (_, slash: string) => (slash === '' ? '\\|' : `\\${BREAK}\\|`));
  const fence = '`'.repeat(longestTicks(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A block of lines, in a fence that nothing in it closes. */
export function block(lines: readonly string[], language = ''): string {
  const text = lines
    .join('\n')
    .split(/\r\n|\n/)
    .map(lineOfBlock)
    .join('\n');
  const fence = '`'.repeat(Math.max(2, longestTicks(text)) + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A link of Phoenix's own. @param url from the settings and ids of ours */
export function link(text: string, url: string): string {
  return `[${plain(text)}](${url.replaceAll(/[()<>\\\s]/g, percent)})`;
}

/** The cells are made by the functions above. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

/** A part that is opened by hand. */
export function folded(title: string, body: string): string {
  return `<details><summary>${html(title)}</summary>\n\n${body}\n\n</details>`;
}

/** References are looked for in HTML as well, which knows no code by backticks. */
function html(text: string): string {
  const words = oneLine(text).trim().split(' ');
  const said = (each: string) => (LINKED.test(each) ? `<code>${entities(each)}</code>` : entities(broken(each)));
  return words.map(said).join(' ');
}

function entities(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A blank line would end what it stands in. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/[\r\n]+/g, ' ').replaceAll('\t', ' ')).replaceAll(/\p{Zs}/gu, ' ');
}

function lineOfBlock(line: string): string {
  return line.split('\t').map(printable).join('\t');
}

function longestTicks(text: string): number {
  // One by one: there may be more of them than a function takes arguments.
  return text.matchAll(/`+/g).reduce((longest, [ticks]) => Math.max(longest, ticks.length), 0);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
}
