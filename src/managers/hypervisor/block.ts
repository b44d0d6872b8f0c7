// A block of Phoenix's lines in a file that people own: between two markers, with the rest of the file unchanged.

import { isOneLine } from '../../model/text.ts';

const BEGIN = '# BEGIN Phoenix: kept by it, change it in the repository';
const END = '# END Phoenix';

const begins = (line: string): boolean => line.startsWith('# BEGIN Phoenix');
const ends = (line: string): boolean => line.startsWith(END);

/**
 * The file with these lines as its block, where the block was before or at the end; without a block when there are no lines. Everything between
 * Phoenix's markers is replaced, including what follows a forged end marker inside the block.
 *
 * @throws Error for a line that contains a line break, or that is a marker
 */
export function withBlock(text: string, lines: readonly string[]): string {
  const wrong = lines.find((line) => !isOneLine(line) || begins(line) || ends(line));
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong.slice(0, 60))} cannot stand between our marks`);
  const { others, place } = partsOf(text);
  const block = lines.length === 0 ? [] : [BEGIN, ...lines, END];
  const whole = others.toSpliced(place ?? others.length, 0, ...block);
  return whole.length === 0 ? '' : `${whole.join('\n')}\n`;
}

/** The lines between Phoenix's markers; null where there is no begin marker. */
export function blockIn(text: string): readonly string[] | null {
  const { block, place } = partsOf(text);
  return place === null ? null : block;
}

/** The lines outside of the block and inside of it; `place`: where the first block stands among the others. */
function partsOf(text: string) {
  const all = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const others: string[] = [];
  const block: string[] = [];
  let place: number | null = null;
  for (let at = 0; at < all.length; at += 1) {
    const line = all[at] ?? '';
    if (!begins(line)) {
      others.push(line);
      continue;
    }
    place ??= others.length;
    const next = all.findIndex((each, index) => index > at && begins(each));
    // Without an end marker only the begin marker belongs to Phoenix: what follows may be anybody's.
    const end = Math.max(at, all.slice(0, next < 0 ? all.length : next).findLastIndex(ends));
    block.push(...all.slice(at + 1, end));
    at = end;
  }
  return { others, block, place };
}
