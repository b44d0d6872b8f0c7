// HTTP status codes and ranges as Traefik parses them.

import type { Objection } from './fault.ts';

const KNOWN = new Set([
  100,
  101,
  102,
  103,
  200,
  201,
  202,
  203,
  204,
  205,
  206,
  207,
  208,
  226,
  300,
  301,
  302,
  303,
  304,
  305,
  307,
  308,
  ...Array.from({ length: 19 }, (_, index) => 400 + index),
  421,
  422,
  423,
  424,
  425,
  426,
  428,
  429,
  431,
  451,
  500,
  501,
  502,
  503,
  504,
  505,
  506,
  507,
  508,
  510,
  511,
]);

/** Whether Go knows the status code. */
export function isKnownStatus(code: number): boolean {
  return KNOWN.has(code);
}

const HINT = 'Write 404 or 500-599.';

/** Pure. Why a text is not a range of status codes; null if it is. */
export function rangeFault(text: string): Objection | null {
  const [low = '', high = low] = text.split('-');
  const isWhole = (part: string) => /^\+?\d{1,18}$/.test(part);
  return isWhole(low) && isWhole(high) ? null : { message: `"${text}" is no range of status codes`, hint: HINT };
}

/** Pure. Why a valid range never matches a response; null if it can. */
export function emptyRangeFault(text: string): Objection | null {
  if (rangeFault(text) !== null) return null;
  const [low = '', high = low] = text.split('-');
  if (Number(low) <= Number(high) && Number(low) <= 999 && Number(high) >= 100) return null;
  return { message: `no answer has a status in ${text}`, hint: HINT };
}
