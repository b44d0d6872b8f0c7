// Templates in version 2 rules, {name} and {name:expression}, as parsed by gorilla/mux.

import type { Objection } from './fault.ts';
import { expressionFault } from './regular-expression.ts';

/** Pure. Why a template is invalid; null if valid. `seen` collects names, which must be unique. */
export function templateFault(
  text: string,
  kind: 'host' | 'path' | 'prefix' | 'query',
  seen: Set<string> = new Set(),
): Objection | null {
  const parts = variablesOf(text);
  if (parts === null) return { message: `"${text}" has brackets that do not close` };
  const whole: string[] = [kind === 'host' ? '(?i)^' : '^'];
  let end = 0;
  for (const [index, [from, to]] of parts.entries()) {
    whole.push(quoted(text.slice(end, from)));
    end = to;
    const [name = '', ...rest] = text.slice(from + 1, to - 1).split(':');
    const pattern = rest.length === 0 ? DEFAULT[kind] : rest.join(':');
    if (name === '' || pattern === '') return { message: `"${text.slice(from, to)}" lacks a name or an expression` };
    const fault = expressionFault(`^${pattern}$`);
    if (fault !== null) return fault;
    whole.push(`(?P<v${index}>${pattern})`);
    if (kind === 'query' && seen.has(name)) return { message: `"${name}" names two parts` };
  }
  if (kind === 'query') for (const [from, to] of parts) seen.add(text.slice(from + 1, to - 1).split(':')[0] ?? '');
  whole.push(quoted(text.slice(end)));
  if (kind !== 'prefix') whole.push('$');
  return expressionFault(whole.join(''));
}

const DEFAULT = { host: '[^.]+', path: '[^/]+', prefix: '[^/]+', query: '.*' } as const;

/** Positions of the outermost pairs of braces; null if unbalanced. */
function variablesOf(text: string): [from: number, to: number][] | null {
  const found: [number, number][] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '{') {
      depth += 1;
      if (depth === 1) from = at;
    } else if (text[at] === '}') {
      depth -= 1;
      if (depth === 0) found.push([from, at + 1]);
      else if (depth < 0) return null;
    }
  }
  return depth === 0 ? found : null;
}

function quoted(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
