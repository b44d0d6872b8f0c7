// Changes of a text at places of it: whatever stands elsewhere stays, byte for byte.

/** What stands from `start` up to `end` becomes `text`; the same offset twice puts something in between. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Several edits at one offset come in the order given. @throws Error for edits that overlap */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const ordered = edits.map((edit, index) => ({ ...edit, index }));
  ordered.sort((a, b) => a.start - b.start || a.end - b.end || a.index - b.index);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: added } of ordered) {
    if (start < at) throw new Error('two changes of a text overlap');
    parts.push(text.slice(at, start), added);
    at = end;
  }
  return [...parts, text.slice(at)].join('');
}
