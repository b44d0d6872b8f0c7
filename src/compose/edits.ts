// Local edits of a text; the rest is kept byte for byte.

/** Replaces `start` up to `end` by `text`; equal offsets insert. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Edits at the same offset are applied in the given order. @throws Error for overlapping edits
 */
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
