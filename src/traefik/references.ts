// References between elements of a dynamic configuration: missing targets and cycles.

import type { JsonObject } from '../model/json.ts';
import { disabled, type Fault } from './fault.ts';
import { isSection, list, section, text, texts } from './read.ts';

export type Section = 'routers' | 'services' | 'middlewares' | 'serversTransports';

/** An element by section and name. */
export interface Element {
  readonly section: Section;
  readonly name: string;
}

export interface Reference {
  readonly from: Element;
  /** Path of the reference inside the element. */
  readonly path: readonly string[];
  /** Target by name as written. */
  readonly to: Element;
}

export interface References {
  readonly all: readonly Reference[];
  /** References to existing elements, by `keyOf` the referencing element. */
  readonly local: ReadonlyMap<string, readonly Reference[]>;
  has(element: Element): boolean;
}

export function keyOf({ section, name }: Element): string {
  return `${section}/${name}`;
}

/** Pure. `http` is the `http` section. */
export function referencesOf(http: JsonObject): References {
  const all: Reference[] = [];
  const each = (of: Section) =>
    Object.entries(section(http[of])).map(([name, value]) => [name, section(value)] as const);
  const add = (from: Element, path: readonly string[], to: Section, name: string) => {
    all.push({ from, path, to: { section: to, name } });
  };
  const middlewares = (from: Element, path: readonly string[], names: readonly string[]) => {
    for (const [index, name] of names.entries()) add(from, [...path, String(index)], 'middlewares', name);
  };
  for (const [name, router] of each('routers')) {
    const from: Element = { section: 'routers', name };
    if (text(router['service']) !== '') add(from, ['service'], 'services', text(router['service']));
    middlewares(from, ['middlewares'], texts(router['middlewares']));
  }
  for (const [name, middleware] of each('middlewares')) {
    const from: Element = { section: 'middlewares', name };
    middlewares(from, ['chain', 'middlewares'], texts(section(middleware['chain'])['middlewares']));
    const { errors } = middleware;
    if (isSection(errors)) add(from, ['errors', 'service'], 'services', text(errors['service']));
  }
  for (const [name, service] of each('services')) {
    const from: Element = { section: 'services', name };
    middlewares(from, ['middlewares'], texts(service['middlewares']));
    const transport = text(section(service['loadBalancer'])['serversTransport']);
    if (transport !== '') add(from, ['loadBalancer', 'serversTransport'], 'serversTransports', transport);
    for (const { path, service: member } of membersOf(service)) add(from, path, 'services', member);
  }
  const has = ({ section: of, name }: Element) => Object.hasOwn(section(http[of]), name);
  return { all, local: local(all, has), has };
}

/** Members of a composed service. */
function membersOf(service: JsonObject): { readonly path: readonly string[]; readonly service: string }[] {
  const listed = (path: readonly string[], value: JsonObject[string]) =>
    list(value).map((each, index) => ({
      path: [...path, String(index), 'name'],
      service: text(section(each)['name']),
    }));
  const named = (kind: string, field: string) =>
    isSection(service[kind]) ? [{ path: [kind, field], service: text(section(service[kind])[field]) }] : [];
  return [
    ...listed(['weighted', 'services'], section(service['weighted'])['services']),
    ...listed(['highestRandomWeight', 'services'], section(service['highestRandomWeight'])['services']),
    ...named('mirroring', 'service'),
    ...listed(['mirroring', 'mirrors'], section(service['mirroring'])['mirrors']),
    ...named('failover', 'service'),
    ...named('failover', 'fallback'),
  ];
}

function local(all: readonly Reference[], has: (element: Element) => boolean): Map<string, Reference[]> {
  const found = new Map<string, Reference[]>();
  for (const reference of all) {
    const to = { ...reference.to, name: reference.to.name.replace(/@file$/, '') };
    if (!has(to)) continue;
    const key = keyOf(reference.from);
    const others = found.get(key);
    if (others === undefined) found.set(key, [{ ...reference, to }]);
    else others.push({ ...reference, to });
  }
  return found;
}

const WORD: Readonly<Record<Section, string>> = {
  routers: 'router',
  services: 'service',
  middlewares: 'middleware',
  serversTransports: 'transport',
};

/** Pure. The fault of a missing target. Elements of other files and Traefik's built-in ones are unknown here. */
export function missingFault({ path, to }: Reference, has: References['has']): Fault | null {
  const word = WORD[to.section];
  if (to.name === '') return disabled(path, { message: `it names no ${word}`, hint: `Name a ${word}.` });
  const [name = '', provider, ...more] = to.name.split('@');
  if (provider === undefined) {
    if (has(to)) return null;
    const hint = `Define it, or write ${name}@file when another file of the proxy holds it.`;
    return disabled(path, { message: `${word} ${name} is not there`, hint });
  }
  if ((provider === 'file' || provider === 'internal') && more.length === 0 && name !== '') return null;
  const message = `${word} ${to.name} is not there: the proxy reads files and nothing else`;
  return disabled(path, { message, hint: `Define ${word} ${name} beside it, and name it without @${provider}.` });
}

/** Pure. One fault for each reference that closes a cycle, with its element. */
export function circles(references: References): { readonly at: Element; readonly fault: Fault }[] {
  const found: { at: Element; fault: Fault }[] = [];
  const done = new Set<string>();
  for (const { from } of references.all) if (from.section !== 'routers') walk(from);
  return found;

  /** Depth-first search with an explicit stack. */
  function walk(start: Element): void {
    const way: { readonly element: Element; readonly rest: Reference[] }[] = [];
    const places = new Map<string, number>();
    const enter = (element: Element) => {
      places.set(keyOf(element), way.length);
      way.push({ element, rest: [...(references.local.get(keyOf(element)) ?? [])].reverse() });
    };
    if (!done.has(keyOf(start))) enter(start);
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const next = here.rest.pop();
      if (next === undefined) {
        way.pop();
        places.delete(keyOf(here.element));
        done.add(keyOf(here.element));
        continue;
      }
      const place = places.get(keyOf(next.to));
      if (place !== undefined)
        found.push({ at: here.element, fault: circle(next, way.slice(place, place + SHOWN), way.length - place) });
      else if (!done.has(keyOf(next.to))) enter(next.to);
    }
  }
}

const SHOWN = 6;

function circle({ path, to }: Reference, way: readonly { readonly element: Element }[], length: number): Fault {
  const names = way.map(({ element }) => element.name);
  const shown = [...names, ...(length > names.length ? ['…'] : []), to.name].join(' → ');
  return disabled(path, {
    message: `${WORD[to.section]} ${to.name} comes back to itself: ${shown}`,
    hint: 'Take one of them out.',
  });
}
