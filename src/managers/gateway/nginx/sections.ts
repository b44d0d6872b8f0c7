// The parts of a configuration of nginx that people know: each server by its names and port, each map by its variable. Two files are compared by them, so
// that a difference says whose it is. What may be a password is hidden.

import { HIDDEN } from '../../../model/secret-shapes.ts';
import { difference, type FoundDifference } from '../../comparison.ts';

/** Names of a server that are shown. */
const MAX_NAMES = 3;

/** What is outside of blocks. */
const REST = 'outside of servers';

/** Host names, and directives whose value is no password, one in a line; any other, such as a header, a parameter or a variable, may hold one. */
const PUBLIC =
  /^\s*(?:\}|[a-z\d_*-]+(?:\.[a-z\d_-]+)+;?|(?:server|location|upstream|listen|server_name|root|alias|index|proxy_pass|proxy_\w*(?:timeout|buffer\w*|size|version)|client_\w+|keepalive_\w+|ssl_\w+|http2)\b[^;"'?@]*[;{]\s*(?:#.*)?|)$/;

/** The sections that differ, with their texts. The digest of the whole file, which every server holds, is no difference. Pure. */
export function sectionDifferences(declared: string, observed: string): FoundDifference[] {
  const [wanted, present] = [sectionsOf(declared), sectionsOf(observed)];
  const known = new Set([...wanted.values()].flatMap((text) => text.split('\n')).map((line) => line.trim()));
  return [...new Set([...wanted.keys(), ...present.keys()])].flatMap((name) => {
    const [one, other] = [wanted.get(name) ?? null, present.get(name) ?? null];
    return one === other ? [] : [difference([name], one, other === null ? null : asShown(other, known))];
  });
}

/** Lines that the repository does not have, without what may be a password. */
function asShown(text: string, known: ReadonlySet<string>): string {
  const lines = text.split('\n').map((line) => {
    if (known.has(line.trim())) return line;
    return PUBLIC.test(line) ? line.replace(/#.*$/, '#') : line.replace(/^(\s*[a-z_\d]*).*$/, `$1 ${HIDDEN}`);
  });
  return lines.join('\n');
}

/** The text of each section by its name. */
function sectionsOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const { blocks, rest } = topBlocks(text.replaceAll(/"revision":"[0-9a-f]*"/g, '"revision":"…"'));
  for (const block of blocks) {
    const name = nameOf(block);
    let free = name;
    for (let count = 2; found.has(free); count += 1) free = `${name} (${count})`;
    found.set(free, `${block}\n`);
  }
  return rest === '' ? found : found.set(REST, `${rest}\n`);
}

/** `server a.lan, b.lan and 2 more, port 443`. */
function nameOf(block: string): string {
  const [kind = ''] = /^[^{]*/.exec(block) ?? [];
  if (kind.trim() !== 'server') return /^[\w\s$./-]+$/.test(kind) ? kind.trim() : 'another block';
  const written = (/\bserver_name\s+([^;]*);/.exec(block)?.[1] ?? '').split(/\s+/).filter((name) => name !== '');
  // A long name is written as an expression for it alone.
  const names = written.map((name) => /^~\^([a-z0-9_*\\.-]+)\$$/.exec(name)?.[1]?.replaceAll('\\', '') ?? name);
  const left = names.length - MAX_NAMES;
  const shown = `${names.slice(0, MAX_NAMES).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
  const port = /\blisten\s+(?:\S*:)?(\d+)/.exec(block)?.[1];
  return `server ${shown === '' ? 'for other names' : shown}${port === undefined ? '' : `, port ${port}`}`;
}

/** Braces in quotes and comments are text. What is not closed at the end is a block too. */
function topBlocks(text: string): { readonly blocks: readonly string[]; readonly rest: string } {
  const blocks: string[] = [];
  let [rest, block, depth] = ['', '', 0];
  for (const [token] of text.matchAll(/#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|\\.|[\s\S]/g)) {
    const isComment = token.startsWith('#');
    if (depth === 0 && isComment) rest += `${token}\n`;
    else block += token;
    if (token === '{') depth += 1;
    if (token === '}') depth -= 1;
    if (depth > 0 || (token !== '}' && token !== ';')) continue;
    if (token === '}') blocks.push(block.trim());
    else rest += `${block.trim()}\n`;
    [block, depth] = ['', 0];
  }
  if (block.trim() !== '') blocks.push(block.trim());
  return { blocks, rest: rest.trim() };
}
