// Variables in the values of a compose file, by its rules of interpolation (compose-go, template/template.go).

import type { StackVariable } from './contents.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/** Names of required variables of a value: `$NAME`, `${NAME}` and `${NAME:?…}`, not those with a default or alternative. */
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
    // Defaults may contain further variables.
    if (!/^:?[-+]/.test(operator)) names.push(name);
  }
  return names;
}

/** Values by name. Null: the value is secret. */
export type Known = ReadonlyMap<string, string | null>;

/** The variables of a stack, without secret values. */
export function knownVariables(variables: readonly StackVariable[]): Known {
  return new Map(
    variables.map(({ name, value, secret }) => [name, typeof value === 'string' && !secret ? value : null]),
  );
}

export interface Interpolated {
  readonly text: string;
  /** Variables without known value; empty if the text is complete. */
  readonly missing: readonly string[];
}

/** Interpolates variables. Invalid syntax, for which compose rejects the file, is kept. */
export function interpolated(value: string, variables: Known): Interpolated {
  const missing: string[] = [];
  return { text: fill(value, 0), missing };

  function fill(text: string, depth: number): string {
    let filled = '';
    let at = 0;
    for (let next = text.indexOf('$'); next >= 0; next = text.indexOf('$', at)) {
      const [part, length] = one(text, next, depth);
      filled += text.slice(at, next) + part;
      at = next + length;
    }
    return filled + text.slice(at);
  }

  /** The replacement of the reference at a dollar sign, and its length. */
  function one(text: string, at: number, depth: number): [part: string, length: number] {
    if (text[at + 1] === '$') return ['$', 2];
    const isBraced = text[at + 1] === '{';
    const from = at + (isBraced ? 2 : 1);
    const name = NAME.exec(text.slice(from, from + 300))?.[0];
    if (name === undefined) return ['$', 1];
    if (!isBraced) return [given(name), name.length + 1];
    const end = closing(text, from);
    const [, operator = '', otherwise = ''] = /^(:?[-+?])?(.*)$/s.exec(text.slice(from + name.length, end)) ?? [];
    if (end < 0 || (operator === '' && otherwise !== '') || depth > 20) return ['$', 1];
    return [chosen(name, operator, otherwise, depth), end + 1 - at];
  }

  function chosen(name: string, operator: string, otherwise: string, depth: number): string {
    const value = variables.get(name);
    if (value === null) return given(name);
    const isThere = value !== undefined && !(operator.startsWith(':') && value === '');
    switch (operator.at(-1)) {
      case '-':
        return isThere ? value : fill(otherwise, depth + 1);
      case '+':
        return isThere ? fill(otherwise, depth + 1) : '';
      default:
        return given(name);
    }
  }

  function given(name: string): string {
    const value = variables.get(name);
    if (value === undefined || value === null) missing.push(name);
    return value ?? '';
  }
}

/** Position of the matching closing brace; negative if there is none. */
function closing(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{' && text[at - 1] === '$') open += 1;
    else if (text[at] === '}') open -= 1;
    if (open === 0) return at;
  }
  return -1;
}

/** Interpolates variables; null if one is unknown. */
export function interpolate(value: string, variables: Known): string | null {
  const { text, missing } = interpolated(value, variables);
  return missing.length === 0 ? text : null;
}
