// Parser for Traefik's expressions in rules, circuit breakers and retries: a subset of Go's grammar with calls, literals, parentheses and a few
// operators. The caller defines the semantics.

import { isObjection, type Objection } from './fault.ts';
import { type Literal, type Token, tokensOf } from './go-tokens.ts';

/** Evaluates the parts of an expression. */
export interface ExpressionSemantics<Value> {
  literal(literal: Literal): Value;
  call(name: string, values: readonly Value[]): Value | Objection;
  join(operator: string, left: Value, right: Value): Value | Objection;
  not(value: Value): Value | Objection;
}

const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
};

/** A hundredth of Go's own limit, to avoid a stack overflow. */
const MAX_NESTING = 1000;
const TOO_DEEP: Objection = { message: `it is nested more than ${MAX_NESTING} deep` };

const LINES = 'A line may end after &&, ||, a comma or an opening bracket only.';

/** Pure. The value of an expression, or why Traefik cannot parse it. */
export function readExpression<Value extends object>(
  text: string,
  semantics: ExpressionSemantics<Value>,
): Value | Objection {
  const cut = tokensOf(text);
  if (!Array.isArray(cut)) return cut;
  const tokens: readonly Token[] = cut;
  if (tokens.length === 0) return { message: 'it is empty' };
  let at = 0;

  const value = binary(1, 0);
  if (isObjection(value)) return value;
  const ends = tokens[at]?.kind === 'line end';
  if (ends) at += 1;
  const more = tokens[at];
  if (more === undefined) return value;
  return ends ? { message: `a line ends before ${tokenText(more)}`, hint: LINES } : unexpected('stands after its end');

  function binary(least: number, depth: number): Value | Objection {
    let left = unary(depth);
    for (;;) {
      const token = tokens[at];
      const precedence = token?.kind === 'operator' ? PRECEDENCE[token.text] : undefined;
      if (isObjection(left) || token === undefined || precedence === undefined || precedence < least) return left;
      at += 1;
      const right = binary(precedence + 1, depth);
      if (isObjection(right)) return right;
      left = semantics.join(token.text, left, right);
    }
  }

  function unary(depth: number): Value | Objection {
    if (depth > MAX_NESTING) return TOO_DEEP;
    if (takes('!')) {
      const value = unary(depth + 1);
      return isObjection(value) ? value : semantics.not(value);
    }
    if (!takes('(')) return single(depth);
    const value = binary(1, depth + 1);
    if (isObjection(value)) return value;
    if (!takes(')')) return unclosed();
    return tokens[at]?.text === '(' ? unexpected('stands after a bracket') : value;
  }

  /** A literal or call, which may be an argument of a call. */
  function single(depth: number): Value | Objection {
    if (depth > MAX_NESTING) return TOO_DEEP;
    const token = tokens[at];
    const next = tokens[at + 1]?.text;
    if (token?.kind === 'literal' && next !== '(' && next !== '.') {
      at += 1;
      return semantics.literal(token.literal);
    }
    if (token?.kind !== 'name' || next !== '(') return unexpected('stands where a call such as Host(`name`) should');
    at += 2;
    const values = callArguments(depth);
    if (!Array.isArray(values)) return values;
    const after = tokens[at]?.text;
    return after === '(' || after === '.' ? unexpected('stands after a call') : semantics.call(token.text, values);
  }

  /** What stands between the brackets of a call; then at the token after them. */
  function callArguments(depth: number): Value[] | Objection {
    const values: Value[] = [];
    while (!takes(')')) {
      const value = single(depth + 1);
      if (isObjection(value)) return value;
      values.push(value);
      // Go parses `f(x...)`, and Traefik ignores the dots.
      const last = takes('...');
      if (takes(',') && !last) continue;
      return takes(')') ? values : unclosed();
    }
    return values;
  }

  function takes(operator: string): boolean {
    const token = tokens[at];
    if (token?.kind !== 'operator' || token.text !== operator) return false;
    at += 1;
    return true;
  }

  function unexpected(where: string): Objection {
    const token = tokens[at];
    if (token === undefined) return { message: `its end ${where}` };
    if (token.kind === 'line end') return { message: `the end of a line ${where}`, hint: LINES };
    const message = `${tokenText(token)} ${where}`;
    return /^(and|or|not)$/i.test(token.text)
      ? { message, hint: 'Write && for and, || for or, ! for not.' }
      : { message };
  }

  function unclosed(): Objection {
    const token = tokens[at];
    if (token === undefined) return { message: 'a bracket is not closed' };
    return token.kind === 'line end' ? unexpected('stands inside a bracket') : unexpected('stands where , or ) should');
  }
}

function tokenText(token: Token): string {
  return token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text;
}
