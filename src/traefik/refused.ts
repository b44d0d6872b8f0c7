// Elements of a readable dynamic configuration that Traefik 3 disables or that can never work. Derived from its source, version 3.7; test/traefik
// verifies it with the program itself.

import type { JsonObject } from '../model/json.ts';
import { disabled, type Fault } from './fault.ts';
import { middlewareFaults } from './middlewares/kinds.ts';
import { section } from './read.ts';
import {
  circles,
  type Element,
  keyOf,
  missingFault,
  type References,
  referencesOf,
  type Section,
} from './references.ts';
import { placeFaults, routerFaults } from './routers.ts';
import { serviceFaults } from './services.ts';
import { transportFaults } from './transports.ts';

export interface Refusal extends Fault, Element {}

const SECTIONS: readonly Section[] = ['routers', 'services', 'middlewares', 'serversTransports'];

/**
 * Pure. The faults in configuration order; elements that only depend on a faulty one are not included (see `outOfUse`). `dynamic` has the form of
 * Traefik's file provider, whose structure is not checked here.
 */
export function refused(dynamic: JsonObject): Refusal[] {
  const http = section(dynamic['http']);
  const references = referencesOf(http);
  const among = placeFaults(section(http['routers']));
  const linked = new Map<string, Fault[]>();
  const link = (at: Element, fault: Fault) => {
    const others = linked.get(keyOf(at));
    if (others === undefined) linked.set(keyOf(at), [fault]);
    else others.push(fault);
  };
  for (const reference of references.all) {
    const fault = missingFault(reference, references.has);
    if (fault !== null) link(reference.from, fault);
  }
  for (const { at, fault } of circles(references)) link(at, fault);
  return SECTIONS.flatMap((of) =>
    Object.entries(section(http[of])).flatMap(([name, value]) => {
      const element: Element = { section: of, name };
      const place = of === 'routers' ? (among.get(name) ?? []) : [];
      const faults = [
        ...nameFaults(name),
        ...ownFaults(of, section(value), dynamic),
        ...place,
        ...(linked.get(keyOf(element)) ?? []),
      ];
      return faults.map((fault) => ({ ...element, ...fault }));
    }),
  );
}

function ownFaults(of: Section, value: JsonObject, dynamic: JsonObject): readonly Fault[] {
  switch (of) {
    case 'routers':
      return routerFaults(value, dynamic);
    case 'services':
      return serviceFaults(value, section(section(dynamic['http'])['services']));
    case 'middlewares':
      return middlewareFaults(value);
    case 'serversTransports':
      return transportFaults(value);
    default:
      return of satisfies never;
  }
}

function nameFaults(name: string): Fault[] {
  if (name !== '' && !name.includes('@')) return [];
  return [disabled([], { message: 'a name is not empty and holds no @', hint: 'What follows @ names the source.' })];
}

/** Pure. All elements that Traefik disables because of these faults, by `section/name`, including dependent ones. */
export function outOfUse(dynamic: JsonObject, refusals: readonly Refusal[]): ReadonlyMap<string, Refusal> {
  const references: References = referencesOf(section(dynamic['http']));
  const users = new Map<string, Element[]>();
  for (const each of references.local.values())
    for (const { from, to } of each) {
      const others = users.get(keyOf(to));
      if (others === undefined) users.set(keyOf(to), [from]);
      else others.push(from);
    }
  // Iterating a Map visits entries added during iteration.
  const out = new Map<string, Refusal>();
  for (const refusal of refusals) if (refusal.disables && !out.has(keyOf(refusal))) out.set(keyOf(refusal), refusal);
  for (const [key, refusal] of out)
    for (const user of users.get(key) ?? []) if (!out.has(keyOf(user))) out.set(keyOf(user), refusal);
  return out;
}
