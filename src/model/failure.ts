// A failure as a value: operation, cause and remedy. One function formats it as `what: why; remedy`, one parses such a sentence, and one shortens it
// to a limit: it cuts in the middle, never the remedy.

export interface Failure {
  readonly what: string;
  /** The cause in the words of its source; null if `what` includes it. */
  readonly why: string | null;
  /** What to do about it, without `; `; null if unknown. */
  readonly remedy: string | null;
}

const BEFORE_REMEDY = '; ';
const CUT = '…';
/** Minimum characters of operation and cause beside a remedy: fewer are useless. */
const MIN_DESCRIPTION_LENGTH = 30;
/** Minimum characters of the cause, below which the operation is shortened. */
const MIN_CAUSE_LENGTH = 24;
const MIN_CAUSE = 8;

/** `pct start 101: exit 255: CT is locked; unlock it, then replay`. */
export function failureText({ what, why, remedy }: Failure): string {
  const description = why === null || why === '' ? what : `${what}: ${why}`;
  return remedy === null ? description : `${description}${BEFORE_REMEDY}${remedy}`;
}

/** Words of a program inside a failure: none of them is taken for a remedy. */
export function programWords(said: string): string {
  return said.replace(/;+$/, '').replaceAll(BEFORE_REMEDY, ', ');
}

/** Splits a sentence into the remedy after its last `; ` and the rest. */
export function splitRemedy(text: string): { readonly description: string; readonly remedy: string | null } {
  const at = text.lastIndexOf(BEFORE_REMEDY);
  if (at < 0) return { description: text, remedy: null };
  return { description: text.slice(0, at), remedy: text.slice(at + BEFORE_REMEDY.length) };
}

/** Adds text before the remedy of a sentence. */
export function withAddition(text: string, more: string): string {
  const { description, remedy } = splitRemedy(text);
  return remedy === null
    ? `${description}${BEFORE_REMEDY}${more}`
    : `${description} (${more})${BEFORE_REMEDY}${remedy}`;
}

/** Joins two failures: with the remedy of the later one, if any. */
export function followedBy(earlier: string, later: string): string {
  const [first, then] = [splitRemedy(earlier), splitRemedy(later)];
  if (first.remedy === null || first.remedy === then.remedy) return `${first.description}, and ${later}`;
  if (then.remedy === null) return `${first.description}, and ${then.description}${BEFORE_REMEDY}${first.remedy}`;
  return `${first.description} (${first.remedy}), and ${later}`;
}

/** Shortens to one line of limited length by cutting in the middle of the part before the remedy. */
export function fitText(text: string, room: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= room) return line;
  const { description, remedy } = splitRemedy(line);
  const left = room - BEFORE_REMEDY.length - (remedy ?? '').length;
  // A very long remedy is not a remedy, only text after a semicolon.
  if (remedy === null || left < Math.min(MIN_DESCRIPTION_LENGTH, room / 3)) return cutMiddle(line, room);
  return `${cutMiddle(description, left)}${BEFORE_REMEDY}${remedy}`;
}

/** Shorter texts for little room. */
interface Shorter {
  /** Replaces `what`. */
  readonly what: string;
  /** Replaces a remedy that leaves no room for the rest; tells where to find it. */
  readonly remedy: string;
}

/** Shortens a failure: first the cause is cut, then the operation is replaced. */
export function fitFailure({ what, why, remedy }: Failure, room: number, shorter: Shorter): string {
  if (remedy === null) return fitText(failureText({ what, why, remedy }), room);
  const whole = remedy.replace(/\s+/g, ' ').trim();
  const shown = room - BEFORE_REMEDY.length - whole.length < MIN_DESCRIPTION_LENGTH ? shorter.remedy : whole;
  return `${fitDescription(room - BEFORE_REMEDY.length - shown.length, what, why ?? '', shorter.what)}${BEFORE_REMEDY}${shown}`;
}

function fitDescription(room: number, what: string, why: string, brief: string): string {
  const cause = why.replace(/\s+/g, ' ').trim();
  if (cause === '') return cutMiddle(what.length <= room ? what : brief, room);
  const left = (said: string) => room - said.length - ': '.length;
  const said = left(what) >= Math.min(cause.length, MIN_CAUSE_LENGTH) ? what : brief;
  return left(said) < MIN_CAUSE ? cutMiddle(said, room) : `${said}: ${cutMiddle(cause, left(said))}`;
}

/** Cuts in the middle, since the beginning tells the subject and the end the result. Never splits a character. */
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
