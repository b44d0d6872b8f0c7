// What the labels of one service of a compose file say to Traefik, read as its Docker provider would: keys in any case, lists
// separated by commas. Only fields that are known are let through, since one unknown field makes Traefik drop a whole file.

import type { Json, JsonObject } from '../../../model/json.ts';
import { nearest } from '../../nearest.ts';
import { type Field, type Fields, LOAD_BALANCER, MAY_BE_EMPTY, MIDDLEWARES, ROUTER } from './fields.ts';

interface LabelFault {
  /** Of the label in its list. */
  readonly index: number;
  readonly code: 'UNKNOWN_KEY' | 'INVALID_VALUE';
  readonly message: string;
  readonly hint?: string;
}

/** By name, in the words of Traefik's files. */
type Named = Readonly<Record<string, JsonObject>>;

export interface Labels {
  /** `traefik.enable=false` takes the service out. */
  readonly enabled: boolean;
  readonly routers: Named;
  /** What stands below `loadBalancer`. */
  readonly services: Named;
  readonly middlewares: Named;
  readonly faults: readonly LabelFault[];
}

export function parseLabels(labels: readonly string[]): Labels {
  const faults: LabelFault[] = [];
  const found = { routers: {}, services: {}, middlewares: {} } as Record<string, Record<string, Writable>>;
  let enabled = true;
  for (const [index, label] of labels.entries()) {
    const [key, value] = split(label);
    const fault = takes(key, value) ?? null;
    if (fault !== null) faults.push({ index, ...fault });
  }
  return {
    enabled,
    routers: found['routers'] as Named,
    services: found['services'] as Named,
    middlewares: found['middlewares'] as Named,
    faults,
  };

  function takes(key: string, value: string): Fault | undefined {
    const words = key.split('.');
    const [root = '', kind = '', section = '', name = '', ...path] = words;
    if (root.toLowerCase() !== 'traefik') return undefined;
    if (value.includes('{{')) return wrong(`${key} holds "{{", which Traefik would run as a template`);
    if (words.length === 2 && kind.toLowerCase() === 'enable') {
      const flag = read(key, value, 'flag');
      if (isFault(flag)) return flag;
      enabled = flag === true;
      return undefined;
    }
    if (/^traefik\.docker\.network$/i.test(key)) return undefined;
    if (kind.toLowerCase() !== 'http' || name === '' || path.length === 0)
      return unknown(key, 'Labels are traefik.http.routers.NAME.…, .services.NAME.… and .middlewares.NAME.….');
    if (!NAME.test(name)) return wrong(`"${name}" in ${key} is no name: letters, digits, - and _ only`);
    switch (section.toLowerCase()) {
      case 'routers':
        // TLS ends at the gateway, whose certificates come from the manifest.
        if (/^tls(\.(certresolver|options|domains\[\d+\]\.(main|sans)))?$/i.test(path.join('.'))) return undefined;
        return put(into('routers', name), ROUTER, path, key, value);
      case 'services':
        if (path[0]?.toLowerCase() !== 'loadbalancer')
          return unknown(key, 'Of services only loadbalancer is known: their servers are the VMs that run the stack.');
        return put(into('services', name), LOAD_BALANCER, path.slice(1), key, value);
      case 'middlewares':
        return putMiddleware(name, path, key, value);
      default:
        return unknown(key, 'There are routers, services and middlewares.');
    }
  }

  function into(section: string, name: string): Writable {
    const all = found[section] as Record<string, Writable>;
    all[name] ??= {};
    return all[name];
  }

  function putMiddleware(name: string, path: readonly string[], key: string, value: string): Fault | undefined {
    const kind = fieldNamed(MIDDLEWARES, path[0] ?? '');
    if (kind === undefined) return unknown(key, suggestion(path[0] ?? '', Object.keys(MIDDLEWARES)));
    const middleware = into('middlewares', name);
    const other = Object.keys(middleware).find((each) => each !== kind);
    if (other !== undefined) return wrong(`middleware ${name} is both ${other} and ${kind}; give one another name`);
    if (path.length > 1) return put(middleware, MIDDLEWARES, path, key, value);
    if (!MAY_BE_EMPTY.has(kind) || value.toLowerCase() !== 'true')
      return wrong(`${key} needs a field: ${Object.keys(MIDDLEWARES[kind] ?? {}).join(', ')}`);
    middleware[kind] = {};
    return undefined;
  }
}

interface Writable {
  [name: string]: Json;
}

type Fault = Omit<LabelFault, 'index'>;
const wrong = (message: string): Fault => ({ code: 'INVALID_VALUE', message });
const unknown = (key: string, hint?: string): Fault => ({
  code: 'UNKNOWN_KEY',
  message: `${key} is no label that is known`,
  ...(hint === undefined ? {} : { hint }),
});
const isFault = (value: Json | Fault): value is Fault =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'code' in value && 'message' in value;

const NAME = /^[\w-]{1,63}$/;

function split(label: string): [key: string, value: string] {
  const at = label.indexOf('=');
  return at < 0 ? [label.trim(), ''] : [label.slice(0, at).trim(), label.slice(at + 1).trim()];
}

/** Puts a value where the path leads; a fault when it leads nowhere. */
function put(target: Writable, fields: Fields, path: readonly string[], key: string, value: string): Fault | undefined {
  const [word = '', ...rest] = path;
  const name = fieldNamed(fields, word);
  const field = name === undefined ? undefined : fields[name];
  if (name === undefined || field === undefined) return unknown(key, suggestion(word, Object.keys(fields)));
  if (field === 'texts' || field === 'numbers') {
    const free = rest.join('.');
    if (free === '') return wrong(`${key} needs a name after it`);
    const values = below(target, name);
    const one = read(key, value, field === 'texts' ? 'text' : 'number');
    if (isFault(one)) return one;
    values[free] = one;
    return undefined;
  }
  if (typeof field === 'object') {
    if (rest.length === 0) return wrong(`${key} needs a field: ${Object.keys(field).join(', ')}`);
    return put(below(target, name), field, rest, key, value);
  }
  if (rest.length > 0) return unknown(key, `${path.slice(0, 1).join('.')} has no fields below it.`);
  const one = read(key, value, field);
  if (isFault(one)) return one;
  target[name] = one;
  return undefined;
}

function below(target: Writable, name: string): Writable {
  target[name] ??= {};
  return target[name] as Writable;
}

function fieldNamed(fields: Readonly<Record<string, unknown>>, word: string): string | undefined {
  return Object.keys(fields).find((name) => name.toLowerCase() === word.toLowerCase());
}

function read(key: string, value: string, field: Exclude<Field, Fields | 'texts' | 'numbers'>): Json | Fault {
  switch (field) {
    case 'text':
      return value === '' ? wrong(`${key} is empty`) : value;
    case 'list': {
      const items = value.split(',').map((item) => item.trim());
      return items.includes('') ? wrong(`${key} has an empty item`) : items;
    }
    case 'number':
      return /^-?\d{1,15}$/.test(value) ? Number(value) : wrong(`${key} must be a whole number, not "${value}"`);
    case 'flag':
      return /^(true|false)$/i.test(value)
        ? value.toLowerCase() === 'true'
        : wrong(`${key} must be true or false, not "${value}"`);
    case 'duration':
      return /^(\d+|(\d+(\.\d+)?(ns|us|ms|s|m|h))+)$/.test(value)
        ? value
        : wrong(`${key} must be a time such as 10s, not "${value}"`);
    default:
      return field satisfies never;
  }
}

function suggestion(word: string, names: readonly string[]): string {
  const close = nearest(word, names);
  return close === null ? `Known are ${names.join(', ')}.` : `Did you mean ${close}?`;
}
