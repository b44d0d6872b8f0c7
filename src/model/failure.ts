// A failure as a value: what was tried, why it went wrong, and what to do. One writer joins it to `what: why; remedy`, one reader takes
// such a sentence apart again, and one function makes sentences fit where there is little room: it cuts in the middle, never the remedy.

export interface Failure {
  readonly what: string;
  /** How it ended, in the words of whoever said so; null where `what` says it all. */
  readonly why: string | null;
  /** What a person does about it, without a `; ` of its own; null where nothing is known. */
  readonly remedy: string | null;
}

const BEFORE_REMEDY = '; ';
const CUT = '…';
/** Characters of what and why that stay beside a remedy: fewer tell nothing. */
const LEAST_TOLD = 30;

/** `pct start 101: exit 255: CT is locked; unlock it, then replay`. */
export function failureText({ what, why, remedy }: Failure): string {
  const told = why === null || why === '' ? what : `${what}: ${why}`;
  return remedy === null ? told : `${told}${BEFORE_REMEDY}${remedy}`;
}

/** The remedy at the end of a sentence, which is what stands after its last `; `, and all that stands before. */
function parted(text: string): { readonly told: string; readonly remedy: string | null } {
  const at = text.lastIndexOf(BEFORE_REMEDY);
  if (at < 0) return { told: text, remedy: null };
  return { told: text.slice(0, at), remedy: text.slice(at + BEFORE_REMEDY.length) };
}

/** The sentence with something added to what it tells: the remedy stays at its end. */
export function alsoTelling(text: string, more: string): string {
  const { told, remedy } = parted(text);
  return remedy === null ? `${told}${BEFORE_REMEDY}${more}` : `${told} (${more})${BEFORE_REMEDY}${remedy}`;
}

/** Two failures in one sentence: it ends in the remedy of the later one, where that has one, and tells the other before it. */
export function followedBy(earlier: string, later: string): string {
  const [first, then] = [parted(earlier), parted(later)];
  if (first.remedy === null || first.remedy === then.remedy) return `${first.told}, and ${later}`;
  if (then.remedy === null) return `${first.told}, and ${then.told}${BEFORE_REMEDY}${first.remedy}`;
  return `${first.told} (${first.remedy}), and ${later}`;
}

/** On one line and at most so many characters long: what is too long is cut in the middle of what stands before the remedy. */
export function fit(text: string, room: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= room) return line;
  const { told, remedy } = parted(line);
  const left = room - BEFORE_REMEDY.length - (remedy ?? '').length;
  // What is longer than any remedy is none: only words that happen to stand after a semicolon.
  if (remedy === null || left < Math.min(LEAST_TOLD, room / 3)) return cutMiddle(line, room);
  return `${cutMiddle(told, left)}${BEFORE_REMEDY}${remedy}`;
}

/** A failure in so little room. A remedy that leaves no room for anything else gives way to `instead`, which says where it stands whole. */
export function fitFailure(failure: Failure, room: number, instead: string): string {
  const { what, why, remedy } = failure;
  if (remedy === null) return fit(failureText(failure), room);
  const line = remedy.replace(/\s+/g, ' ').trim();
  const shown = room - BEFORE_REMEDY.length - line.length < LEAST_TOLD ? instead : line;
  const told = failureText({ what, why, remedy: null }).replace(/\s+/g, ' ').trim();
  return `${cutMiddle(told, room - BEFORE_REMEDY.length - shown.length)}${BEFORE_REMEDY}${shown}`;
}

/** The beginning says of what it tells, the end how it ended. Never half a character. */
function cutMiddle(text: string, room: number): string {
  if (text.length <= room) return text;
  const kept = Math.max(0, room - CUT.length);
  const head = Math.ceil(kept * 0.6);
  const start = text
    .slice(0, head)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd();
  const end = text
    .slice(text.length - (kept - head))
    .replace(/^[\uDC00-\uDFFF]/, '')
    .trimStart();
  return `${start}${CUT}${kept === head ? '' : end}`;
}
