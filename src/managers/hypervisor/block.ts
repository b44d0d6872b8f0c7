// Lines of ours in a file of people: between two marks, everything else as it stands.

const BEGIN = '# BEGIN Phoenix: kept by it, change it in the repository';
const END = '# END Phoenix';

/** The file with these lines of ours, where they stood before or at its end; without a block for none. */
export function withBlock(text: string, lines: readonly string[]): string {
  const all = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const begin = all.findIndex((line) => line.startsWith('# BEGIN Phoenix'));
  const end = begin < 0 ? -1 : all.findIndex((line, index) => index > begin && line.startsWith(END));
  const block = lines.length === 0 ? [] : [BEGIN, ...lines, END];
  const next = end < 0 ? [...all, ...block] : [...all.slice(0, begin), ...block, ...all.slice(end + 1)];
  return next.length === 0 ? '' : `${next.join('\n')}\n`;
}
