// The parts of a configuration of nginx that people know: each server by its names and port, each map by its variable. Two files are compared by them, so
// that a difference says whose it is.

import { difference, type FoundDifference } from '../../comparison.ts';

/** Names of a server that are shown. */
const MAX_NAMES = 3;

/** What is outside of blocks. */
const REST = 'outside of servers';

/** The sections that differ, with their texts. The digest of the whole file, which every server holds, is no difference. Pure. */
export function sectionDifferences(declared: string, observed: string): FoundDifference[] {
  const [wanted, present] = [sectionsOf(declared), sectionsOf(observed)];
  return [...new Set([...wanted.keys(), ...present.keys()])].flatMap((name) => {
    const [one, other] = [wanted.get(name) ?? null, present.get(name) ?? null];
    return one === other ? [] : [difference([name], one, other)];
  });
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
  if (kind.trim() !== 'server') return kind.trim();
  const names = (/\bserver_name\s+([^;]*);/.exec(block)?.[1] ?? '').split(/\s+/).filter((name) => name !== '');
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
