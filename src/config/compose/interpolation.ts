// Variables in the values of a compose file, by its rules of interpolation.

import type { StackVariable } from '../config-services.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/** Names of the variables that a value needs: `$NAME`, `${NAME}` and `${NAME:?…}`, not those with a default or an alternative. */
export function unsetMentions(value: string): string[] {
  const names: string[] = [];
  for (let at = value.indexOf('$'); at >= 0; at = value.indexOf('$', at)) {
    const rest = value.slice(at + 1, at + 300);
    if (rest.startsWith('$')) {
      at += 2;
      continue;
    }
    const braced = rest.startsWith('{');
    const name = NAME.exec(braced ? rest.slice(1) : rest)?.[0];
    at += 1;
    if (name === undefined) continue;
    const operator = braced ? rest.slice(1 + name.length, 3 + name.length) : '';
    // What stands after a default is looked at in turn: it may mention further variables.
    if (!/^:?[-+]/.test(operator)) names.push(name);
  }
  return names;
}

/** Values by name. Null: it has one that may not be looked at. */
export type Known = ReadonlyMap<string, string | null>;

/** Those of a stack, without what is secret. */
export function knownVariables(variables: readonly StackVariable[]): Known {
  return new Map(
    variables.map(({ name, value, secret }) => [name, typeof value === 'string' && !secret ? value : null]),
  );
}

/** The value with variables put in; null where one has no value that is known. */
export function interpolate(value: string, variables: Known): string | null {
  let text = '';
  for (let at = 0; at < value.length; ) {
    const next = value.indexOf('$', at);
    if (next < 0) return text + value.slice(at);
    text += value.slice(at, next);
    if (value[next + 1] === '$') {
      text += '$';
      at = next + 2;
      continue;
    }
    const braced = value[next + 1] === '{';
    const start = next + (braced ? 2 : 1);
    const name = NAME.exec(value.slice(start, start + 300))?.[0];
    if (name === undefined) {
      // Compose refuses what is no variable after a dollar sign.
      return null;
    }
    const end = braced ? closing(value, start) : start + name.length;
    if (end < 0) return null;
    const put = braced
      ? replaced(value.slice(start + name.length, end), variables.get(name), variables)
      : variables.get(name);
    if (put === undefined || put === null) return null;
    text += put;
    at = braced ? end + 1 : end;
  }
  return text;
}

/** Of `${…}`, what stands for it, by the operator after its name; null where that is not known. */
function replaced(rest: string, given: string | null | undefined, variables: Known): string | null {
  if (rest === '') return given ?? null;
  const [, operator = '', word = ''] = /^(:?[-+?])([\s\S]*)$/.exec(rest) ?? [];
  if (operator === '' || given === null) return null;
  const isSet = given !== undefined && !(given === '' && operator.startsWith(':'));
  switch (operator.at(-1)) {
    case '-':
      return isSet ? given : interpolate(word, variables);
    case '+':
      return isSet ? interpolate(word, variables) : '';
    default:
      return isSet ? given : null;
  }
}

/** Where the brace that was opened before `start` is closed; -1: nowhere. */
function closing(value: string, start: number): number {
  let depth = 1;
  for (let at = start; at < value.length; at += 1) {
    if (value[at] === '$' && value[at + 1] === '{') depth += 1;
    else if (value[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}
