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
/** Characters of why for which what was tried is said shorter, and those that tell nothing any more. */
const LEAST_WHY = 24;
const LEAST_CAUSE = 8;

/** `pct start 101: exit 255: CT is locked; unlock it, then replay`. */
export function failureText({ what, why, remedy }: Failure): string {
  const told = why === null || why === '' ? what : `${what}: ${why}`;
  return remedy === null ? told : `${told}${BEFORE_REMEDY}${remedy}`;
}

/** The remedy at the end of a sentence, which is what stands after its last `; `, and all that stands before. */
export function parted(text: string): { readonly told: string; readonly remedy: string | null } {
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
export function fitText(text: string, room: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= room) return line;
  const { told, remedy } = parted(line);
  const left = room - BEFORE_REMEDY.length - (remedy ?? '').length;
  // What is longer than any remedy is none: only words that happen to stand after a semicolon.
  if (remedy === null || left < Math.min(LEAST_TOLD, room / 3)) return cutMiddle(line, room);
  return `${cutMiddle(told, left)}${BEFORE_REMEDY}${remedy}`;
}

/** What to say where there is too little room for all. */
interface Shorter {
  /** In place of `what`. */
  readonly what: string;
  /** In place of a remedy that leaves room for nothing else: where it stands whole. */
  readonly remedy: string;
}

/** A failure in so little room: first why it went wrong is cut, then what was tried is said shorter. */
export function fitFailure({ what, why, remedy }: Failure, room: number, shorter: Shorter): string {
  if (remedy === null) return fitText(failureText({ what, why, remedy }), room);
  const whole = remedy.replace(/\s+/g, ' ').trim();
  const shown = room - BEFORE_REMEDY.length - whole.length < LEAST_TOLD ? shorter.remedy : whole;
  return `${toldIn(room - BEFORE_REMEDY.length - shown.length, what, why ?? '', shorter.what)}${BEFORE_REMEDY}${shown}`;
}

function toldIn(room: number, what: string, why: string, brief: string): string {
  const cause = why.replace(/\s+/g, ' ').trim();
  if (cause === '') return cutMiddle(what.length <= room ? what : brief, room);
  const left = (said: string) => room - said.length - ': '.length;
  const said = left(what) >= Math.min(cause.length, LEAST_WHY) ? what : brief;
  return left(said) < LEAST_CAUSE ? cutMiddle(said, room) : `${said}: ${cutMiddle(cause, left(said))}`;
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
