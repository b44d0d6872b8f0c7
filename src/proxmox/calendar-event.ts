// Calendar events of Proxmox jobs, similar to systemd: `mon..fri 02:30`, `*/15`, `*-*-01 04:00`, `daily`. Read as the parser of Proxmox does
// (proxmox-rs, proxmox-time/src/calendar_event.rs), which takes more than its documentation says: `30:10` is a minute and a second.

/** Reads one form at the start of a text: what is left behind it; undefined when the text does not start with the form. */
type Reader = (text: string) => string | undefined;

const NAMED = /^(?:minutely|hourly|daily|weekly|monthly|quarterly|yearly|annually|semi-?annually)$/;
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DAY = new RegExp(`^(?:${DAYS.map((day) => `${day.slice(0, 3)}(?:${day.slice(3)})?`).join('|')})$`, 'i');

/** Whether Proxmox accepts the text as a calendar event. */
export function isCalendarEvent(text: string): boolean {
  const event = withoutZone(text);
  if (NAMED.test(event)) return true;
  const written = timeOf(event);
  return event !== '' && written !== undefined && (time(written) ?? written) === '';
}

/** What stands in the place of hours in an accepted calendar event and is read as minutes, since no hour is above 23: `24` of `24:00`; null for none. */
export function hoursReadAsMinutes(text: string): string | null {
  const [hours = '', ...more] = timeOf(withoutZone(text))?.split(':') ?? [];
  return more.length === 1 && numbers(24)(hours) !== '' ? hours : null;
}

function withoutZone(text: string): string {
  return text.trim().replace(/ *UTC$/, '');
}

/** What follows days and date; undefined where the text begins with a word that is no day. */
function timeOf(event: string): string | undefined {
  const afterDays = /^[a-z]/i.test(event) ? listOf(dayRange)(event)?.replace(/^[ \t]+/, '') : event;
  return afterDays === undefined ? undefined : (date(afterDays)?.replace(/^[ \t]+/, '') ?? afterDays);
}

/** `[YYYY-]MM-DD`. */
const date: Reader = (text) =>
  inOrder(numbers(2200), literal('-'), numbers(13), literal('-'), numbers(32))(text) ??
  inOrder(numbers(13), literal('-'), numbers(32))(text);

/** `[HH:]MM[:SS]`: what cannot be an hour is a minute. */
const time: Reader = (text) => {
  const afterHour = inOrder(numbers(24), literal(':'))(text) ?? text;
  const afterMinute = numbers(60)(afterHour);
  return afterMinute === undefined ? undefined : (inOrder(literal(':'), numbers(60))(afterMinute) ?? afterMinute);
};

/** `mon` or `mon..fri`. */
const dayRange: Reader = (text) => {
  const afterFirst = day(text);
  return afterFirst === undefined ? undefined : (inOrder(literal('..'), day)(afterFirst) ?? afterFirst);
};

const day: Reader = (text) => {
  const [word = ''] = /^[a-z]+/i.exec(text) ?? [];
  return DAY.test(word) ? text.slice(word.length) : undefined;
};

/** `*`, `*` with a step, or a list of numbers, each with an end and a step where it has some. @param limit the numbers are below it */
function numbers(limit: number): Reader {
  const step = (text: string) => (text.startsWith('/') ? number(limit)(text.slice(1)) : { value: 1, rest: text });
  const range: Reader = (text) => {
    const first = number(limit)(text);
    if (first === undefined) return undefined;
    const last = first.rest.startsWith('..') ? number(limit)(first.rest.slice(2)) : undefined;
    if (last !== undefined && first.value > last.value) return undefined;
    return step((last ?? first).rest)?.rest;
  };
  return (text) => {
    if (!text.startsWith('*')) return listOf(range)(text);
    const stepped = step(text.slice(1));
    return stepped?.value === 0 ? text.slice(1) : stepped?.rest;
  };
}

function number(limit: number): (text: string) => { readonly value: number; readonly rest: string } | undefined {
  return (text) => {
    const [digits] = /^\d+/.exec(text) ?? [];
    if (digits === undefined || Number(digits) >= limit) return undefined;
    return { value: Number(digits), rest: text.slice(digits.length) };
  };
}

function literal(word: string): Reader {
  return (text) => (text.startsWith(word) ? text.slice(word.length) : undefined);
}

function inOrder(...forms: readonly Reader[]): Reader {
  return (text) => forms.reduce((rest: string | undefined, form) => (rest === undefined ? rest : form(rest)), text);
}

/** One or more of a form, separated by commas. */
function listOf(form: Reader): Reader {
  return (text) => {
    let rest = form(text);
    while (rest?.startsWith(',') === true) {
      const next = form(rest.slice(1));
      if (next === undefined) break;
      rest = next;
    }
    return rest;
  };
}
