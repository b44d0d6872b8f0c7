// Regular expressions in Go's syntax (RE2), which differs from JavaScript: no lookaround, no backreferences.

import { RE2JS } from 're2js';
import { weightOf } from './expression-weight.ts';
import { isObjection, type Objection } from './fault.ts';

export interface Expression {
  readonly groups: number;
  readonly names: ReadonlySet<string>;
}

/** A hundredth of Go's limit. */
const MAX_WEIGHT = 10_000;

/** Pure. The compiled expression, or why Go cannot compile it. */
export function compiled(text: string): Expression | Objection {
  if (!text.isWellFormed()) return { message: 'the regular expression holds bytes that are no text' };
  if (text.length > MAX_WEIGHT || weightOf(text) > MAX_WEIGHT) {
    const message = `the regular expression unfolds to more than ${MAX_WEIGHT} steps`;
    return { message, hint: 'Repeat less, or write + and * instead of {n,m}.' };
  }
  try {
    const expression = RE2JS.compile(text);
    return { groups: expression.groupCount(), names: new Set(Object.keys(expression.namedGroups())) };
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    // Go allows duplicate group names.
    const [, twice] = /^duplicate capture group name: `(.*)`$/.exec(why) ?? [];
    if (twice !== undefined)
      return withName(twice, compiled(text.replaceAll(`(?P<${twice}>`, '(').replaceAll(`(?<${twice}>`, '(')));
    const message = `the regular expression is none that Go knows: ${why}`;
    const hint = hintOf(text);
    return hint === null ? { message } : { message, hint };
  }
}

function withName(name: string, expression: Expression | Objection): Expression | Objection {
  return isObjection(expression) ? expression : { ...expression, names: new Set([...expression.names, name]) };
}

/** Pure. Null if Go can compile it. */
export function expressionFault(text: string): Objection | null {
  const expression = compiled(text);
  return isObjection(expression) ? expression : null;
}

function hintOf(text: string): string | null {
  if (/\(\?<?[=!]/.test(text))
    return 'Go has no lookahead and no lookbehind: say what does match, or turn a matcher round with !.';
  if (/\\[1-9]/.test(text)) return 'Go has no references such as \\1.';
  if (/\(\?>|[*+?}]\+/.test(text))
    return 'Go has no atomic groups and no possessive quantifiers; leave the extra + away.';
  return null;
}

/** Pure. Why a replacement can never have the intended effect; null if it can. */
export function replacementFault({ groups, names }: Expression, replacement: string): Objection | null {
  for (const [all, braced, bare] of replacement.matchAll(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu)) {
    if (all === '$$') {
      if (!/\$\$[{\p{L}\p{Nd}_]/u.test(replacement)) continue;
      return {
        message: `${replacement} holds $$, which stands for the character $ and for no group`,
        hint: `Write ${'$'}{1} for the first group; $$ is needed only inside a compose file, which makes one $ of it.`,
      };
    }
    const group = braced ?? bare ?? '';
    if (/^\d+$/.test(group) ? Number(group) <= groups : names.has(group)) continue;
    const [, digits = '', rest = ''] = /^(\d+)(.+)$/.exec(bare ?? '') ?? [];
    return {
      message: `${all} names a group that the expression does not have, and becomes nothing`,
      ...(rest === '' ? { hint: `The expression has ${groups} groups.` } : { hint: `Write \${${digits}}${rest}.` }),
    };
  }
  return null;
}
