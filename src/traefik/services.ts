// Checks of services: servers and load balancing.

import type { JsonObject } from '../model/json.ts';
import { disabled, type Fault, type Objection, useless } from './fault.ts';
import { integerOrZero, isSection, list, section, signOfTime, text, texts } from './read.ts';
import { rangeFault } from './status.ts';
import { isUrl, serverFault } from './url.ts';

const KINDS = ['loadBalancer', 'weighted', 'highestRandomWeight', 'mirroring', 'failover'] as const;

/** Pure. Faults of a service; `services` are all, since some depend on their members. */
export function serviceFaults(service: JsonObject, services: JsonObject): Fault[] {
  const kinds = KINDS.filter((kind) => isSection(service[kind]));
  const [kind] = kinds;
  if (kind === undefined) return [disabled([], { message: 'it is of no kind', hint: 'Give it a loadBalancer.' })];
  if (kinds.length > 1) {
    const message = `it is ${kinds.join(' and ')} at once, of which Traefik takes one`;
    return [disabled([kinds[1] ?? kind], { message, hint: 'Give each a name of its own.' })];
  }
  const config = section(service[kind]);
  const below = (faults: readonly Fault[]) => faults.map((fault) => ({ ...fault, path: [kind, ...fault.path] }));
  switch (kind) {
    case 'loadBalancer':
      return below(loadBalancer(config));
    case 'weighted':
    case 'highestRandomWeight':
      return below([...stickiness(config), ...members(config, services)]);
    case 'mirroring':
      return below(mirrors(config));
    case 'failover':
      return below(failover(config, services));
    default:
      return kind satisfies never;
  }
}

const STRATEGIES = ['wrr', 'p2c', 'hrw', 'leasttime'];
const SAME_SITES = ['none', 'lax', 'strict'];

function loadBalancer(config: JsonObject): Fault[] {
  const strategy = text(config['strategy']);
  const message = `"${strategy}" is no strategy that Traefik has`;
  return [
    ...(strategy === '' || STRATEGIES.includes(strategy)
      ? []
      : [disabled(['strategy'], { message, hint: `There are ${STRATEGIES.join(', ')}.` })]),
    ...list(config['servers']).flatMap((server, index) => serverFaults(text(section(server)['url']), index)),
    ...stickiness(config),
    ...(isSection(config['healthCheck']) ? healthCheck(section(config['healthCheck'])) : []),
  ];
}

function serverFaults(url: string, index: number): Fault[] {
  const fault = serverFault(url, ['http', 'https', 'h2c']);
  const path = ['servers', String(index), 'url'];
  return fault === null ? [] : [isUrl(url) ? useless(path, fault) : disabled(path, fault)];
}

function stickiness(config: JsonObject): Fault[] {
  const sameSite = text(section(section(config['sticky'])['cookie'])['sameSite']);
  if (sameSite === '' || SAME_SITES.includes(sameSite.toLowerCase())) return [];
  const message = `"${sameSite}" is not known, and Traefik leaves it away`;
  return [useless(['sticky', 'cookie', 'sameSite'], { message, hint: `There are ${SAME_SITES.join(', ')}.` })];
}

/** Traefik does not report these: health checks fail, and no server counts as up. */
function healthCheck(config: JsonObject): Fault[] {
  const path = text(config['path']);
  const scheme = text(config['scheme']);
  const port = integerOrZero(config['port']);
  const mode = text(config['mode']);
  const method = text(config['method']);
  const status = integerOrZero(config['status']);
  const at = (name: string, message: string, hint: string): Fault => useless(['healthCheck', name], { message, hint });
  return [
    ...(!isUrl(path) || /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(path)
      ? [at('path', `"${path}" is no path, and no server counts as up`, 'Write a path such as /health.')]
      : []),
    ...(scheme === '' || ['http', 'https', 'h2c'].includes(scheme)
      ? []
      : [at('scheme', `"${scheme}" is no scheme, and no server counts as up`, 'Write http or https.')]),
    ...(port >= 0 && port <= 65535
      ? []
      : [at('port', `${port} is no port, and no server counts as up`, 'Write 1 to 65535.')]),
    ...(['', 'http', 'grpc'].includes(mode) ? [] : [at('mode', `"${mode}" is read as http`, 'Write http or grpc.')]),
    ...(/^[\w!#$%&'*+.^`|~-]*$/.test(method)
      ? []
      : [at('method', `"${method}" is no method, and no server counts as up`, 'Write GET.')]),
    ...(status === 0 || (status >= 100 && status <= 999)
      ? []
      : [at('status', `no answer has status ${status}, and no server counts as up`, 'Write 200.')]),
    ...['interval', 'unhealthyInterval', 'timeout'].flatMap((name) => {
      const time = signOfTime(config[name]);
      return time === null || time > 0
        ? []
        : [at(name, 'it is not above 0, and Traefik takes its default', 'Write 30s.')];
    }),
  ];
}

function members(config: JsonObject, services: JsonObject): Fault[] {
  const names = list(config['services']);
  if (names.length === 0) {
    return [
      useless(['services'], { message: 'it has no services, and every request ends with 503', hint: 'Name services.' }),
    ];
  }
  if (!isSection(config['healthCheck'])) return [];
  return names.flatMap((member, index): Fault[] => {
    const fault = missingHealthCheck(text(section(member)['name']), services);
    return fault === null ? [] : [disabled(['services', String(index), 'name'], fault)];
  });
}

/** Says that a member has no health check; null where it has one, or is declared in another file, which is unknown here. */
function missingHealthCheck(name: string, services: JsonObject): Objection | null {
  let next = name.replace(/@file$/, '');
  for (const seen = new Set<string>(); Object.hasOwn(services, next) && !seen.has(next); ) {
    seen.add(next);
    const service = section(services[next]);
    const kind = KINDS.find((each) => isSection(service[each]));
    if (kind === undefined) return null;
    const config = section(service[kind]);
    if (!isSection(config['healthCheck'])) {
      const message = `service ${next} has no healthCheck, which it needs here`;
      return { message, hint: 'Give it one, or take healthCheck away here.' };
    }
    if (kind !== 'mirroring') return null;
    next = text(config['service']).replace(/@file$/, '');
  }
  return null;
}

function mirrors(config: JsonObject): Fault[] {
  return list(config['mirrors']).flatMap((mirror, index): Fault[] => {
    const percent = integerOrZero(section(mirror)['percent']);
    if (percent >= 0 && percent <= 100) return [];
    const path = ['mirrors', String(index), 'percent'];
    return [disabled(path, { message: `${percent} is no percentage`, hint: 'Write 0 to 100.' })];
  });
}

function failover(config: JsonObject, services: JsonObject): Fault[] {
  const ranges = texts(section(config['errors'])['status']);
  const faults = ranges.flatMap((range, index): Fault[] => {
    const fault = rangeFault(range);
    return fault === null ? [] : [disabled(['errors', 'status', String(index)], fault)];
  });
  const requireHealthCheck = (field: string) => {
    const fault = missingHealthCheck(text(config[field]), services);
    if (fault !== null) faults.push(disabled([field], fault));
  };
  if (ranges.length === 0) requireHealthCheck('service');
  if (isSection(config['healthCheck'])) requireHealthCheck('fallback');
  return faults;
}
