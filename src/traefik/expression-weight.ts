// How much a regular expression unfolds to: what repeats something a thousand times is a thousand times as long to whoever compiles it.
// Compiling is linear, but a label of a pull request must not keep the agent at it for seconds.

/** Pure. About the steps that it is compiled to; what stands in a class or is quoted counts once. */
export function weightOf(text: string): number {
  // Of the groups that are open: what they hold so far, and how heavy the last thing in them is.
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
