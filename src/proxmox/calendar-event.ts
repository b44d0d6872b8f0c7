// Calendar events of Proxmox jobs, similar to systemd: `mon..fri 02:30`, `*/15`, `*-*-01 04:00`, `daily`.

const NAMED = /^(?:minutely|hourly|daily|weekly|monthly|quarterly|yearly|annually|semi-?annually)$/;
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DAY = `(?:${DAYS.map((day) => `${day.slice(0, 3)}(?:${day.slice(3)})?`).join('|')})`;
const ON_DAYS = new RegExp(`^${DAY}(?:\\.\\.${DAY})?(?:,${DAY}(?:\\.\\.${DAY})?)*$`, 'i');

interface Span {
  readonly least: number;
  readonly most: number;
}
const HOUR: Span = { least: 0, most: 23 };
const MINUTE: Span = { least: 0, most: 59 };
const YEAR: Span = { least: 1970, most: 2199 };
const MONTH: Span = { least: 1, most: 12 };
const DAY_OF_MONTH: Span = { least: 1, most: 31 };

/** Whether Proxmox accepts the text as a calendar event. */
export function isCalendarEvent(text: string): boolean {
  const words = text.trim().split(/\s+/);
  if (words.length === 1 && NAMED.test(words[0] ?? '')) return true;
  if (words.length > 3 || words[0] === '') return false;
  const rest = ON_DAYS.test(words[0] ?? '') ? words.slice(1) : words;
  const [first, second] = rest;
  if (first === undefined) return true;
  if (second === undefined) return isTime(first) || isDate(first);
  return rest.length === 2 && isDate(first) && isTime(second);
}

/** `HH:MM[:SS]`, or only minutes. */
function isTime(word: string): boolean {
  const parts = word.split(':');
  const spans = parts.length === 1 ? [MINUTE] : [HOUR, MINUTE, MINUTE];
  return parts.length <= spans.length && parts.every((part, index) => isList(part, spans[index] ?? MINUTE));
}

/** `[YYYY-]MM-DD`. */
function isDate(word: string): boolean {
  const parts = word.split('-');
  const spans = [YEAR, MONTH, DAY_OF_MONTH].slice(-parts.length);
  return (parts.length === 2 || parts.length === 3) && parts.every((part, index) => isList(part, spans[index] ?? YEAR));
}

function isList(text: string, { least, most }: Span): boolean {
  return text.split(',').every((one) => {
    const [, first, last, step] = /^(\*|\d+)(?:\.\.(\d+))?(?:\/(\d+))?$/.exec(one) ?? [];
    if (first === undefined || (first === '*' && last !== undefined)) return false;
    const numbers = [first, last].flatMap((each) => (each === undefined || each === '*' ? [] : [Number(each)]));
    const [from = least, to = most] = numbers;
    return (
      numbers.every((each) => each >= least && each <= most) && from <= to && (step === undefined || Number(step) > 0)
    );
  });
}
