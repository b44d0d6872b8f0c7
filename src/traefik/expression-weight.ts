// Estimates the compiled size of a regular expression, since repetitions are expanded. Compiling is linear, but a label in a pull request must not
// block the agent for seconds.

/** Pure. The approximate number of instructions; a character class or quoted sequence counts once. */
export function weightOf(text: string): number {
  // Open groups with the sum of their content and the weight of their last element.
  const open: { sum: number; last: number }[] = [{ sum: 0, last: 0 }];
  const pieces = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:[^\]]*:\]|[^\]\\])*\]?|\{\d+(?:,\d*)?\}|./gs;
  for (const [piece] of text.matchAll(pieces)) {
    const group = open.at(-1) ?? { sum: 0, last: 0 };
    const [, least, most] = /^\{(\d+)(?:,(\d*))?\}$/.exec(piece) ?? [];
    if (piece === '(') open.push({ sum: 0, last: 0 });
    else if (piece === ')' && open.length > 1) {
      open.pop();
      add(open.at(-1) ?? group, group.sum + 1);
    } else if (least !== undefined) {
      const times = Math.max(Number(least), Number(most || least), 1);
      group.sum += group.last * (times - 1);
      group.last *= times;
    } else add(group, piece.startsWith('\\Q') ? piece.length : 1);
  }
  return open.reduce((sum, group) => sum + group.sum, 0);
}

function add(group: { sum: number; last: number }, weight: number): void {
  group.sum += weight;
  group.last = weight;
}
