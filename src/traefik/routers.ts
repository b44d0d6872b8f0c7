// Checks of routers: rules and priorities.

import type { JsonObject } from '../model/json.ts';
import { disabled, type Fault, type Objection, useless } from './fault.ts';
import { integerOrZero, isSection, section, text, texts } from './read.ts';
import { parseRule } from './rule.ts';
import { optionsFault } from './tls.ts';

/** Higher priorities are reserved by Traefik: Go's maximum integer minus 1000. */
const HIGHEST = 9223372036854774807n;

/** Pure. Faults of a router without those of its parents. */
export function routerFaults(router: JsonObject, dynamic: JsonObject): Fault[] {
  const syntax = text(router['ruleSyntax']);
  const rule = parseRule(text(router['rule']), syntax === 'v2' ? 'v2' : 'v3');
  const faults: Fault[] = [];
  if ('fault' in rule) faults.push(disabled(['rule'], withV2Hint(text(router['rule']), syntax, rule)));
  else for (const objection of rule.neverMatches) faults.push(useless(['rule'], objection));
  if (!['', 'default', 'v2', 'v3'].includes(syntax)) {
    const message = `"${syntax}" is no syntax of rules, and is read as v3`;
    faults.push(useless(['ruleSyntax'], { message, hint: 'Leave it away, or write v2 for rules of Traefik 2.' }));
  }
  const priority = bigWhole(router['priority']);
  if (priority > HIGHEST) {
    const message = `priority ${priority} is above ${HIGHEST}, the highest that routers may have`;
    faults.push(disabled(['priority'], { message, hint: 'Write a smaller number; the greater one goes first.' }));
  }
  if (isSection(router['tls'])) {
    const fault = tlsFault(text(router['tls']['options']) || 'default', section(section(dynamic['tls'])['options']));
    if (fault !== null) faults.push(disabled(['tls', 'options'], fault));
  }
  return faults;
}

/** Options in other files are unknown here; `default` always exists. */
function tlsFault(name: string, all: JsonObject): Objection | null {
  const own = name.replace(/@file$/, '');
  if (Object.hasOwn(all, own)) {
    const fault = optionsFault(section(all[own]));
    return fault === null ? null : { ...fault, message: `TLS options ${own}: ${fault.message}` };
  }
  if (name === 'default' || name.includes('@')) return null;
  return { message: `the TLS options ${name} are not there`, hint: `Leave them away, or write ${name}@file.` };
}

/** Adds a hint for a version 2 rule that is parsed as version 3. */
function withV2Hint(rule: string, syntax: string, { fault, hint }: { readonly fault: string; readonly hint?: string }) {
  const message = `the rule cannot be read: ${fault}`;
  if (syntax === 'v2' || 'fault' in parseRule(rule, 'v2')) return hint === undefined ? { message } : { message, hint };
  const way = 'It is a rule of version 2: set ruleSyntax to v2, or write it for version 3.';
  return { message, hint: hint === undefined ? way : `${hint} ${way}` };
}

/** 0 for non-integers. For a number that JavaScript rounded, the greatest possible original. */
function bigWhole(value: JsonObject[string]): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) {
    return Number.isSafeInteger(value) ? BigInt(value) : BigInt(value) + 512n;
  }
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : BigInt(integerOrZero(value));
}

/** Pure. Faults of the router hierarchy by router name (pkg/server/router, ParseRouterTree). */
export function placeFaults(routers: JsonObject): ReadonlyMap<string, readonly Fault[]> {
  const all = Object.entries(routers).map(([name, value]) => ({ name, router: section(value) }));
  const children = new Map<string, string[]>();
  for (const { name, router } of all) {
    for (const parent of parentsOf(router)) {
      if (Object.hasOwn(routers, parent)) children.set(parent, [...(children.get(parent) ?? []), name]);
    }
  }
  const reached = reachedFrom(routers, children);
  return new Map(
    all.map(({ name, router }): [string, Fault[]] => [
      name,
      [
        ...parentFaults(router, routers),
        ...(reached.has(name)
          ? serviceFaults(text(router['service']), children.has(name))
          : [disabled(['parentRefs'], { message: 'no router leads to it' })]),
      ],
    ]),
  );
}

function parentsOf(router: JsonObject): string[] {
  return texts(router['parentRefs']).map((parent) => parent.replace(/@file$/, ''));
}

/** Parents that do not exist, and fields that only routers without parents may have. */
function parentFaults(router: JsonObject, routers: JsonObject): Fault[] {
  const parents = parentsOf(router);
  if (parents.length === 0) return [];
  const absent = parents.flatMap((parent, index) =>
    Object.hasOwn(routers, parent)
      ? []
      : [disabled(['parentRefs', String(index)], { message: `router ${parent} is not there` })],
  );
  const misplaced = ['tls', 'observability', 'entryPoints']
    .filter((field) => !isEmpty(router[field]))
    .map((field) =>
      disabled([field], { message: `${field} is for routers without parentRefs`, hint: 'Set it at the parent.' }),
    );
  return [...absent, ...misplaced];
}

function isEmpty(value: JsonObject[string] | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** Exactly the routers without children lead to a service. */
function serviceFaults(service: string, isParent: boolean): Fault[] {
  if (service === '' && !isParent)
    return [disabled(['service'], { message: 'it leads to no service', hint: 'Name a service.' })];
  if (service === '' || !isParent) return [];
  const message = 'it has a service, and is the parent of other routers';
  return [disabled(['service'], { message, hint: 'Keep one.' })];
}

function reachedFrom(routers: JsonObject, children: ReadonlyMap<string, readonly string[]>): Set<string> {
  const roots = Object.keys(routers).filter((name) => texts(section(routers[name])['parentRefs']).length === 0);
  // Iterating a Set visits elements added during iteration.
  const reached = new Set(roots);
  for (const name of reached) for (const child of children.get(name) ?? []) reached.add(child);
  return reached;
}
