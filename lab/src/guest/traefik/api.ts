// `/ping` and the API of a guest's Traefik, each only where the static configuration serves it.

import { runtimeOf } from './runtime.ts';
import type { EntryPoint } from './static.ts';
import { type Running, runningTraefik, type Where } from './unit.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const NOT_FOUND: Answer = { status: 404, body: '404 page not found\n' };

/** A request from inside the guest to an address of its loopback interface; null: nothing listens there. */
export function requestLoopback(where: Where, host: string, port: number, path: string): Answer | null {
  const running = runningTraefik(where);
  const entryPoint = running?.config.entryPoints.find(
    (each) => each.port === port && (each.host === host || isEverywhere(each)),
  );
  return running === null || entryPoint === undefined ? null : (answerApi(running, entryPoint, path) ?? NOT_FOUND);
}

export function isEverywhere({ host }: EntryPoint): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/** Answers `/ping` and API requests at the entry point; null for other requests. */
export function answerApi(running: Running, { name }: EntryPoint, path: string): Answer | null {
  const { config } = running;
  if (path === '/ping' && config.ping === name) return { status: 200, body: 'OK' };
  const serves = name === 'traefik' ? config.api?.insecure === true : false;
  // The redirect to the dashboard, whose pages a lab does not have.
  if (path === '/' && serves && config.api?.dashboard === true) return { status: 301, body: 'Moved Permanently' };
  if (config.api === null || !(serves || hasOwnRouter(running, name)) || !path.startsWith('/api')) return null;
  return apiAnswer(running, path);
}

/** Whether a declared router leads to the service of the API. */
function hasOwnRouter({ dynamic }: Running, entryPoint: string): boolean {
  return Object.values(dynamic.routers).some(
    ({ service, entryPoints }) =>
      service === 'api@internal' && Array.isArray(entryPoints) && entryPoints.includes(entryPoint),
  );
}

function apiAnswer({ config, dynamic }: Running, path: string): Answer {
  const runtime = runtimeOf(config, dynamic);
  const json = (value: unknown): Answer => ({ status: 200, body: `${JSON.stringify(value)}\n` });
  const named = <T extends object>(elements: Readonly<Record<string, object>>, told: ReadonlyMap<string, T>) =>
    Object.fromEntries(
      Object.entries(elements).map(([name, value]) => {
        const { entryPoints, ...status } = (told.get(name) ?? {}) as { readonly entryPoints?: readonly string[] };
        return [`${name}@file`, { ...value, ...(entryPoints === undefined ? {} : { using: entryPoints }), ...status }];
      }),
    );
  const middlewares = named(dynamic.middlewares, runtime.middlewares);
  if (path === '/api/rawdata') {
    const routers = named(dynamic.routers, runtime.routers);
    return json({ routers, middlewares, services: named(dynamic.services, runtime.services) });
  }
  if (path === '/api/entrypoints')
    return json(
      config.entryPoints.map(({ shown }) => shown).sort((a, b) => ((a as Named).name < (b as Named).name ? -1 : 1)),
    );
  const [, name] = /^\/api\/http\/middlewares\/(.+)$/.exec(path) ?? [];
  if (name === undefined) return NOT_FOUND;
  const found = middlewares[decodeURIComponent(name)];
  return found === undefined
    ? { status: 404, body: `${JSON.stringify({ message: `middleware not found: ${name}` })}\n` }
    : json({ ...found, name, provider: 'file' });
}

type Named = { readonly name: string };
