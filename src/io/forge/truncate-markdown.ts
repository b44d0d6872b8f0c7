// Truncates Markdown to the size that a forge accepts.

const FENCE = /^(`{3,}|~{3,})/;

/**
 * The text in at most so many bytes, truncated at a line, with open blocks closed and a note that there is more.
 *
 * @param url where the full text is; null for nowhere
 */
export function truncateMarkdown(text: string, most: number, url: string | null): string {
  if (Buffer.byteLength(text) <= most) return text;
  const more = url === null ? '\n\n_Cut: there is more than fits here._\n' : `\n\n_Cut: [all of it](${url})._\n`;
  let room = most - Buffer.byteLength(more) - 64;
  let fence = '';
  let open = 0;
  const kept: string[] = [];
  for (const line of text.split('\n')) {
    room -= Buffer.byteLength(line) + 1;
    if (room < 0) break;
    const mark = FENCE.exec(line)?.[1] ?? '';
    if (fence === '') {
      fence = mark;
      if (line.startsWith('<details')) open += 1;
      if (line.startsWith('</details')) open -= 1;
    } else if (mark.startsWith(fence)) fence = ''; // A shorter one is content: fences of ours are longer than what they hold.
    kept.push(line);
  }
  const closing = `${fence === '' ? '' : `\n${fence}`}${'\n\n</details>'.repeat(Math.max(0, open))}`;
  return `${kept.join('\n')}${closing}${more}`;
}
