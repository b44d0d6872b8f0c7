// What Traefik in a guest makes of its dynamic files, and what it tells of it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Inside, insidePath } from '../proxmox/guest/place.ts';
import { parseYaml } from '../yaml.ts';
import { stateOf } from './units.ts';

type Where = Pick<Inside, 'node' | 'id'>;
type Section = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Dynamic {
  readonly routers: Section;
  readonly services: Section;
  readonly middlewares: Section;
}

/** Null: it does not run there. A file that it cannot read it leaves out whole. */
export function dynamicOf(where: Where): Dynamic | null {
  if (stateOf(where, 'traefik')?.active !== true) return null;
  const folder = insidePath(where.node, where.id, '/etc/traefik/dynamic');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)) : [];
  const files = names.map((name) => {
    try {
      return (parseYaml(readFileSync(join(folder, name), 'utf8')) as { http?: Partial<Dynamic> } | null)?.http ?? {};
    } catch {
      return {};
    }
  });
  const all = (section: keyof Dynamic): Section => Object.assign({}, ...files.map((file) => file[section] ?? {}));
  return { routers: all('routers'), services: all('services'), middlewares: all('middlewares') };
}

/** Why Traefik takes a router out of use, in its words; null when it does not. */
export function faultOf({ services, middlewares }: Dynamic, router: Section[string]): string | null {
  const names = (router['middlewares'] ?? []) as readonly string[];
  const missing = names.find((name) => !Object.hasOwn(middlewares, name.replace(/@file$/, '')));
  if (missing !== undefined) return `middleware "${missing.replace(/@file$/, '')}@file" does not exist`;
  const service = String(router['service']);
  return Object.hasOwn(services, service) ? null : `the service "${service}@file" does not exist`;
}

/** Null: nobody answers. */
export function traefikApi(where: Where, path: string): { readonly status: number; readonly body: string } | null {
  const dynamic = dynamicOf(where);
  if (dynamic === null) return null;
  const named = (section: Section, more: object) =>
    Object.fromEntries(Object.entries(section).map(([name, value]) => [`${name}@file`, { ...value, ...more }]));
  const routers = Object.fromEntries(
    Object.entries(dynamic.routers).map(([name, router]) => {
      const error = faultOf(dynamic, router);
      const told = error === null ? { status: 'enabled' } : { status: 'disabled', error: [error] };
      return [`${name}@file`, { ...router, ...told }];
    }),
  );
  const raw = {
    routers,
    middlewares: named(dynamic.middlewares, { status: 'enabled' }),
    services: named(dynamic.services, { status: 'enabled' }),
  };
  if (path === '/api/rawdata') return { status: 200, body: JSON.stringify(raw) };
  const [, name = ''] = /^\/api\/http\/middlewares\/(.+)$/.exec(path) ?? [];
  const found = raw.middlewares[name];
  return found === undefined
    ? { status: 404, body: '404 page not found\n' }
    : { status: 200, body: JSON.stringify({ ...found, name, provider: 'file' }) };
}
