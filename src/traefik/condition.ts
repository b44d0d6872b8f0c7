// Conditions of circuit breakers and of buffering's retries: comparisons of a measured value with a number of the right kind or a text.

import { isObjection, type Objection } from './fault.ts';
import { type ExpressionSemantics, readExpression } from './go-expression.ts';
import type { Literal } from './go-tokens.ts';

interface Language {
  /** Parameter and result types of the functions. `condition` is a boolean by itself. */
  readonly functions: Readonly<
    Record<string, { readonly takes: readonly Kind[]; readonly is: Measured | 'condition' }>
  >;
  readonly example: string;
}

type Kind = Literal['kind'];
/** Texts can only be compared for equality. */
type Measured = `measured ${Kind}`;
interface Value {
  readonly is: Kind | Measured | 'condition';
}

/** Language of `circuitBreaker.expression` (github.com/vulcand/oxy, cbreaker/predicates.go). */
export const CIRCUIT_BREAKER: Language = {
  functions: {
    LatencyAtQuantileMS: { takes: ['fraction'], is: 'measured whole' },
    NetworkErrorRatio: { takes: [], is: 'measured fraction' },
    ResponseCodeRatio: { takes: ['whole', 'whole', 'whole', 'whole'], is: 'measured fraction' },
  },
  example: 'NetworkErrorRatio() > 0.30 || LatencyAtQuantileMS(50.0) > 100',
};

/** Language of `buffering.retryExpression` (github.com/vulcand/oxy, buffer/threshold.go). */
export const RETRY: Language = {
  functions: {
    RequestMethod: { takes: [], is: 'measured text' },
    IsNetworkError: { takes: [], is: 'condition' },
    Attempts: { takes: [], is: 'measured whole' },
    ResponseCode: { takes: [], is: 'measured whole' },
  },
  example: 'IsNetworkError() && Attempts() < 2',
};

/** Pure. Why Traefik cannot parse a condition; null if it can. */
export function conditionFault(text: string, language: Language): Objection | null {
  const value = readExpression(text, semanticsOf(language));
  const hint = `An example: ${language.example}`;
  if (isObjection(value))
    return { message: `the expression cannot be read: ${value.message}`, hint: value.hint ?? hint };
  return value.is === 'condition' ? null : { message: 'the expression is no condition', hint };
}

function semanticsOf({ functions }: Language): ExpressionSemantics<Value> {
  return {
    literal: ({ kind }) => ({ is: kind }),
    call(name, values) {
      const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
      if (known === undefined) {
        return { message: `${name} is not known`, hint: `There are ${Object.keys(functions).join(', ')}.` };
      }
      const fits = values.length === known.takes.length && values.every(({ is }, index) => is === known.takes[index]);
      return fits ? { is: known.is } : { message: `${name} takes ${takes(known.takes)}` };
    },
    join(operator, left, right) {
      if (operator === '&&' || operator === '||') {
        const fits = left.is === 'condition' && right.is === 'condition';
        return fits ? { is: 'condition' } : { message: `${operator} joins conditions only` };
      }
      if (!left.is.startsWith('measured ')) return { message: `before ${operator} stands what is measured` };
      if (left.is === 'measured text' && operator !== '==' && operator !== '!=')
        return { message: `${operator} compares numbers only` };
      if (left.is === `measured ${right.is}`) return { is: 'condition' };
      return { message: `after ${operator} stands ${WORDS[left.is.slice('measured '.length) as Kind]}` };
    },
    not: () => ({ message: '! is not known here', hint: 'Compare with != or turn the comparison round.' }),
  };
}

const WORDS: Readonly<Record<Kind, string>> = {
  text: 'a text in double quotes',
  whole: 'a whole number such as 100',
  fraction: 'a number with a point such as 0.5',
};

function takes(kinds: readonly Kind[]): string {
  if (kinds.length === 0) return 'no value';
  return kinds.length === 1 ? WORDS[kinds[0] ?? 'whole'] : `${kinds.length} whole numbers`;
}
