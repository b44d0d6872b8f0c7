// Checks the configuration declared by labels by Traefik's rules, and reports faults at the labels.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { JsonObject } from '../../model/json.ts';
import { type Refusal, refused } from '../../traefik/refused.ts';
import { asService } from './backend.ts';
import type { Provided } from './provider.ts';
import type { references } from './references.ts';
import type { Backend } from './route.ts';

type Resolve = ReturnType<typeof references>['resolve'];

/** `file`: the configuration that was checked, under the labels' names. */
export function checkWithTraefik(said: Provided, backends: ReadonlyMap<string, Backend>, resolve: Resolve) {
  const file = asFile(said, backends, resolve);
  const refusals = refused(file);
  return { file, refusals, diagnostics: refusals.flatMap((refusal) => told(refusal, said)) };
}

/** The labels' configuration as a single file under the labels' names, for Traefik's rules. */
function asFile(
  { routers, middlewares }: Provided,
  backends: ReadonlyMap<string, Backend>,
  resolve: Resolve,
): JsonObject {
  return {
    http: {
      routers: Object.fromEntries(
        [...routers].map(([name, { value, service }]) => {
          const { tls: _, service: __, ...rest } = resolve.router(value);
          const to = service === null ? null : resolve.service(service);
          return [name, { ...rest, service: to ?? 'noop@internal' }];
        }),
      ),
      services: Object.fromEntries(
        [...backends].map(([name, backend]) => [name, resolve.serviceValue(asService(backend))]),
      ),
      middlewares: Object.fromEntries([...middlewares].map(([name, { value }]) => [name, resolve.middleware(value)])),
    },
  };
}

const WORD = { routers: 'router', services: 'service', middlewares: 'middleware', serversTransports: 'transport' };

/** An element that Traefik disables is an error; one that never has an effect is a warning. */
function told({ section: kind, name, path, message, hint, disables }: Refusal, said: Provided): Diagnostic[] {
  // Labels cannot declare transports.
  const element = kind === 'serversTransports' ? undefined : said[kind].get(name);
  if (element === undefined) return [];
  const code = disables ? 'INVALID_VALUE' : 'NO_EFFECT';
  const where = element.containers[0].where(['http', kind, name, ...path]);
  return [{ code, message: `${WORD[kind]} ${name}: ${message}`, ...(hint === undefined ? {} : { hint }), ...where }];
}
