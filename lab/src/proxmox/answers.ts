// Answers calls of the API from a table.

import type { Call } from './call.ts';
import type { Parameters } from './parameters/check.ts';

type Answer = (call: Call, parameters: Parameters) => unknown;

/** Answers the calls of a table, by method and path template (`GET /nodes/{node}/dns`); undefined for any other call. */
export function answersOf(
  table: Readonly<Record<string, Answer>>,
): (call: Call, method: string, template: string, parameters: Parameters) => { readonly data: unknown } | undefined {
  return (call, method, template, parameters) => {
    const answer = table[`${method} ${template}`];
    return answer === undefined ? undefined : { data: answer(call, parameters) ?? null };
  };
}
