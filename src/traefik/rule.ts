// Parses router rules in both syntaxes: matchers combined with &&, || and !.

import { isObjection, type Objection } from './fault.ts';
import { type ExpressionSemantics, readExpression } from './go-expression.ts';
import { MATCHERS_V2, MATCHERS_V3, type Matcher } from './matchers.ts';

/** Traefik treats everything except `v2` as version 3. */
export type RuleSyntax = 'v2' | 'v3';

export interface RouterRule {
  /** Names in `Host` in lower case and file order, without negated ones, patterns, and impossible names. */
  readonly hosts: readonly string[];
  /** Whether the rule is only one `Host` with one name. */
  readonly plain: boolean;
  /** Accepted values that never match a request. */
  readonly neverMatches: readonly Objection[];
}

export interface RuleFault {
  readonly fault: string;
  readonly hint?: string;
}

type Value = { readonly is: 'text'; readonly text: string } | { readonly is: 'number' } | Matchers;

/** A range of the matchers in file order. */
interface Matchers {
  readonly is: 'matchers';
  readonly from: number;
  readonly to: number;
}

interface Found {
  readonly matcher: Matcher;
  readonly values: readonly string[];
  turned: boolean;
}

/** Pure. The parsed rule, or why it is invalid. */
export function parseRule(text: string, syntax: RuleSyntax = 'v3'): RouterRule | RuleFault {
  const found: Found[] = [];
  const value = readExpression(text, semanticsOf(syntax, found));
  if (isObjection(value)) return { fault: value.message, ...(value.hint === undefined ? {} : { hint: value.hint }) };
  if (value.is !== 'matchers') return { fault: 'it holds no matcher', hint: 'Write Host(`name`).' };
  const hosts = found.flatMap(({ matcher, values, turned }) => (turned ? [] : matcher.hosts(values)));
  return {
    hosts: [...new Set(hosts)],
    plain: found.length === 1 && hosts.length === 1 && found[0]?.values.length === 1,
    neverMatches: found.flatMap(({ matcher, values, turned }) => (turned ? [] : matcher.neverMatches(values))),
  };
}

function semanticsOf(syntax: RuleSyntax, found: Found[]): ExpressionSemantics<Value> {
  const matchers = syntax === 'v2' ? MATCHERS_V2 : MATCHERS_V3;
  return {
    literal: (literal) => (literal.kind === 'text' ? { is: 'text', text: literal.value } : { is: 'number' }),
    call(name, values) {
      const matcher = matchers.get(name);
      if (matcher === undefined) return unknownMatcher(name, syntax);
      const texts = values.flatMap((value) => (value.is === 'text' ? [value.text] : []));
      if (texts.length < values.length) return { message: `${matcher.name} takes values in backticks` };
      const fault = matcher.fault(texts);
      if (fault !== null) return fault;
      found.push({ matcher, values: texts, turned: false });
      return { is: 'matchers', from: found.length - 1, to: found.length };
    },
    join(operator, left, right) {
      if (operator !== '&&' && operator !== '||') return { message: `${operator} is not known in rules`, hint: JOIN };
      if (left.is !== 'matchers' || right.is !== 'matchers')
        return { message: `${operator} joins matchers only`, hint: JOIN };
      return { is: 'matchers', from: left.from, to: right.to };
    },
    not(value) {
      if (value.is !== 'matchers') return { message: '! turns matchers round only' };
      for (const each of found.slice(value.from, value.to)) each.turned = !each.turned;
      return value;
    },
  };
}

const JOIN = 'Matchers are joined by && and ||.';

/** Equivalents of matchers of the other syntax and of TCP. */
const INSTEAD: Readonly<Record<string, string>> = {
  hostsni: 'HostSNI is of TCP routers; write Host(`name`).',
  hostsniregexp: 'HostSNIRegexp is of TCP routers; write HostRegexp(`expression`).',
  alpn: 'ALPN is of TCP routers.',
  headers: 'In version 3 it is Header(`name`, `value`).',
  headersregexp: 'In version 3 it is HeaderRegexp(`name`, `expression`).',
  hostheader: 'In version 3 it is Host(`name`).',
  hosts: 'It is Host(`name`).',
};

function unknownMatcher(name: string, syntax: RuleSyntax): Objection {
  const matchers = syntax === 'v2' ? MATCHERS_V2 : MATCHERS_V3;
  const names = [...new Set([...matchers.values()].map((matcher) => matcher.name))];
  const spelt = names.find((each) => each.toLowerCase() === name.toLowerCase());
  const instead = INSTEAD[name.toLowerCase()];
  const known = `There are ${names.join(', ')}.`;
  const hint = spelt !== undefined ? `It is ${spelt}.` : syntax === 'v3' && instead !== undefined ? instead : known;
  return { message: `${name} is no matcher`, hint };
}
