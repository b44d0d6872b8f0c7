// The small valid environment with labels, and the routes that follow from them.

import type { Config } from '../../../src/managers/config.ts';
import { dynamicOf } from '../../../src/managers/gateway/traefik/dynamic.ts';
import { dnsRecords } from '../../../src/managers/hypervisor/dns/names.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import { environment, type Files, loadFiles } from '../../load/environment.ts';

export interface Labelled {
  /** In phoenix.json, at service `shop`. */
  readonly manifest?: readonly string[];
  /** The compose file. */
  readonly compose?: string;
  readonly variables?: readonly object[];
  readonly change?: (files: Files) => void;
}

interface Section {
  readonly [name: string]: JsonObject;
}

export interface Derived {
  /** `error CODE file:line message`, in which `file` has no folders. */
  readonly problems: readonly string[];
  readonly routers: Section;
  readonly services: Section;
  readonly middlewares: Section;
  /** Names that lead to the gateway. */
  readonly names: readonly string[];
}

/** A compose file whose one service `shop` publishes port 80 at 8000, with these lines below it. */
export function shopWith(...lines: readonly string[]): string {
  const below = lines.map((line) => `    ${line}\n`).join('');
  return `services:\n  shop:\n    image: shop:1\n    ports: ["8000:80"]\n${below}`;
}

/** The result is returned even if rules find errors. */
export function derived({ manifest = [], compose = shopWith(), variables = [], change = () => {} }: Labelled): Derived {
  const files: Files = environment();
  files['etc/phoenix_lxc_configs.json'].lxc_configs['101'].role = 'gateway';
  files['stacks/shop/docker-compose.yml'] = compose;
  const production = files['stacks/shop/phoenix.json'].environments.production;
  production.variables = variables;
  if (manifest.length > 0) production.services = { shop: { traefik_labels: manifest } };
  change(files);
  const { config, draft, problems } = loadFiles(files);
  const whole: Config | null = config ?? draft;
  if (whole === null) throw new Error(`cannot be read: ${problems.map(({ message }) => message)}`);
  const http = (dynamicOf(whole, [], null)['http'] ?? {}) as unknown as Record<string, Section | undefined>;
  return {
    problems: problems
      .filter(({ code }) => !['SAN_MISSING', 'MISSING_VOLUME'].includes(code))
      .map(
        ({ severity, code, file, line, message }) => `${severity} ${code} ${file.split('/').at(-1)}:${line} ${message}`,
      ),
    routers: http['routers'] ?? {},
    services: http['services'] ?? {},
    middlewares: http['middlewares'] ?? {},
    names: dnsRecords(whole).flatMap(({ name, address }) =>
      address === '10.0.0.101' && name !== 'web.example.internal' ? [name] : [],
    ),
  };
}

export const ROUTER = [
  'traefik.http.routers.shop.rule=Host(`shop.example.internal`)',
  'traefik.http.services.shop.loadbalancer.server.port=80',
];
