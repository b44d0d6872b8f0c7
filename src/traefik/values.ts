// Label values as Go parses them: strconv.ParseBool and ParseInt, time.ParseDuration, strings.TrimSpace.

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export const isBool = (text: string): boolean => TRUE.has(text) || FALSE.has(text);

export const readBool = (text: string): boolean => TRUE.has(text);

const INT64_LIMIT = 2n ** 63n;

/** A signed 64-bit or unsigned 32-bit integer; null if invalid. */
export function readInteger(text: string, isUnsigned = false): number | null {
  if (!(isUnsigned ? /^\d+$/ : /^[+-]?\d+$/).test(text) || text.length > 100) return null;
  const number = BigInt(text);
  const fits = isUnsigned ? number < 2n ** 32n : number >= -INT64_LIMIT && number < INT64_LIMIT;
  return fits ? Number(number) : null;
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Traefik's durations: in Go's format, or a number of seconds. */
export const isDuration = (text: string): boolean => nanoseconds(text) !== null;

/** Null if invalid. */
export function nanoseconds(text: string): bigint | null {
  const seconds = /^[+-]?\d+$/.test(text) && readInteger(text) !== null;
  if (seconds) return BigInt.asIntN(64, BigInt(text) * 1_000_000_000n);
  const [, sign, rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '' || rest.length > 200) return null;
  let total = 0n;
  for (let at = 0; at < rest.length; ) {
    const part = firstPart(rest.slice(at));
    if (part === null) return null;
    total += part.nanoseconds;
    if (total > INT64_LIMIT) return null;
    at += part.length;
  }
  if (sign === '-') return -total;
  return total < INT64_LIMIT ? total : null;
}

/** The first number with its unit, such as `1.5h` of `1.5h30m`, and its length in characters; null if invalid. */
function firstPart(text: string): { readonly nanoseconds: bigint; readonly length: number } | null {
  const [whole = '', digits = '', fraction = '', unit = ''] = /^(\d*)(?:\.(\d*))?([^.\d]+)/.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (factor === undefined || (digits === '' && fraction === '')) return null;
  const full = BigInt(digits === '' ? 0 : digits);
  if (full > INT64_LIMIT / factor) return null;
  const rest = fraction === '' ? 0n : BigInt(Math.trunc(Number(`0.${fraction}`) * Number(factor)));
  return { nanoseconds: full * factor + rest, length: whole.length };
}

/** Trims Unicode whitespace, which differs slightly from JavaScript's trim. */
export function trimSpace(text: string): string {
  return text.replaceAll(new RegExp(`^${SPACE}+|${SPACE}+$`, 'gu'), '');
}

const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
