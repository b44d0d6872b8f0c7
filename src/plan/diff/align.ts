// Pairs the elements of two lists: equal ones first, in order, then by position between them.

/** `before` alone: removed. `after` alone: added. Both: the same element, changed or not. */
export interface Pair {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** Beyond this many comparisons, elements are paired by position only: the result stays correct but longer. */
const MAX_COMPARISONS = 1_000_000;

/** Pairs in the order of `after`, removed elements at their former position. Every index of both lists occurs once. */
export function align(before: readonly string[], after: readonly string[]): Pair[] {
  const pairs: Pair[] = [];
  let from = { before: 0, after: 0 };
  for (const match of [...equalElements(before, after), { before: before.length, after: after.length }]) {
    pairs.push(...byPosition(from, match));
    if (match.before < before.length) pairs.push(match);
    from = { before: match.before + 1, after: match.after + 1 };
  }
  return pairs;
}

interface Match {
  readonly before: number;
  readonly after: number;
}

/** The elements between two matches: paired one by one; the rest was removed or added. */
function byPosition(from: Match, to: Match): Pair[] {
  const removed = to.before - from.before;
  const added = to.after - from.after;
  return Array.from({ length: Math.max(removed, added) }, (_, index) => ({
    before: index < removed ? from.before + index : undefined,
    after: index < added ? from.after + index : undefined,
  }));
}

/** A longest common subsequence, computed without the equal prefix and suffix. */
function equalElements(before: readonly string[], after: readonly string[]): Match[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;

  const head = Array.from({ length: start }, (_, index) => ({ before: index, after: index }));
  const middle = longestCommon(before.slice(start, before.length - end), after.slice(start, after.length - end));
  const tail = Array.from({ length: end }, (_, index) => ({
    before: before.length - end + index,
    after: after.length - end + index,
  }));
  return [...head, ...middle.map((match) => ({ before: match.before + start, after: match.after + start })), ...tail];
}

function longestCommon(before: readonly string[], after: readonly string[]): Match[] {
  const width = after.length + 1;
  if (before.length * after.length > MAX_COMPARISONS) return [];
  // lengths[i * width + j] is the length of the longest common subsequence of before[i..] and after[j..].
  const lengths = new Uint32Array((before.length + 1) * width);
  const length = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        before[i] === after[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const matches: Match[] = [];
  for (let i = 0, j = 0; i < before.length && j < after.length; ) {
    if (before[i] === after[j]) matches.push({ before: i++, after: j++ });
    else if (length(i + 1, j) >= length(i, j + 1)) i += 1;
    else j += 1;
  }
  return matches;
}
