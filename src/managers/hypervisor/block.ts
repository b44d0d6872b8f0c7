// Lines of ours in a file of people: between two marks, everything else as it stands.

import { isOneLine } from '../../model/text.ts';

const BEGIN = '# BEGIN Phoenix: kept by it, change it in the repository';
const END = '# END Phoenix';

const begins = (line: string): boolean => line.startsWith('# BEGIN Phoenix');
const ends = (line: string): boolean => line.startsWith(END);

/**
 * The file with these lines of ours, where they stood before or at its end; without a block for none. All that stands between our
 * marks goes with them, also between the end of one block and a second end that something in it pretended.
 * @throws Error for a line that is more than one, or that is one of the marks
 */
export function withBlock(text: string, lines: readonly string[]): string {
  const wrong = lines.find((line) => !isOneLine(line) || begins(line) || ends(line));
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong.slice(0, 60))} cannot stand between our marks`);
  const all = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const others: string[] = [];
  let place: number | null = null;
  for (let at = 0; at < all.length; at += 1) {
    const line = all[at] ?? '';
    if (!begins(line)) {
      others.push(line);
      continue;
    }
    place ??= others.length;
    const next = all.findIndex((each, index) => index > at && begins(each));
    // Without an end only the mark itself is ours: what follows may be anybody's.
    at = Math.max(at, all.slice(0, next < 0 ? all.length : next).findLastIndex(ends));
  }
  const block = lines.length === 0 ? [] : [BEGIN, ...lines, END];
  const whole = others.toSpliced(place ?? others.length, 0, ...block);
  return whole.length === 0 ? '' : `${whole.join('\n')}\n`;
}
