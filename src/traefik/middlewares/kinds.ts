// Checks by middleware kind. Kinds without an entry have no values that Traefik would reject.

import type { JsonObject } from '../../model/json.ts';
import { disabled, type Fault } from '../fault.ts';
import { isSection, section } from '../read.ts';
import {
  basicAuth,
  digestAuth,
  forwardAuth,
  headers,
  inFlightReq,
  ipAllowList,
  ipWhiteList,
  rateLimit,
} from './access.ts';
import { buffering, circuitBreaker, compress, errors, retry } from './bodies.ts';
import {
  addPrefix,
  redirectRegex,
  redirectScheme,
  replacePath,
  replacePathRegex,
  stripPrefix,
  stripPrefixRegex,
} from './paths.ts';

type Check = (config: JsonObject) => Fault[];

const CHECKS: Readonly<Record<string, Check>> = {
  addPrefix,
  basicAuth,
  buffering,
  circuitBreaker,
  compress,
  digestAuth,
  errors,
  forwardAuth,
  headers,
  inFlightReq,
  ipAllowList,
  ipWhiteList,
  plugin: () => [
    disabled([], {
      message: 'plugins are set up with the proxy itself, which has none',
      hint: 'Use a middleware that Traefik brings along.',
    }),
  ],
  rateLimit,
  redirectRegex,
  redirectScheme,
  replacePath,
  replacePathRegex,
  retry,
  stripPrefix,
  stripPrefixRegex,
};

/** Pure. Faults of a middleware, without those of referenced ones. */
export function middlewareFaults(middleware: JsonObject): Fault[] {
  const kinds = Object.keys(middleware).filter((kind) => isSection(middleware[kind]));
  const [kind] = kinds;
  if (kind === undefined) return [disabled([], { message: 'it is of no kind', hint: 'Give it one, such as headers.' })];
  const several =
    kinds.length === 1
      ? []
      : [
          disabled([kinds[1] ?? kind], {
            message: `it is ${kinds.join(' and ')} at once, of which Traefik takes one`,
            hint: 'Give each a name of its own, and join them by a chain.',
          }),
        ];
  const faults = kinds.flatMap((each) => {
    const check = Object.hasOwn(CHECKS, each) ? CHECKS[each] : undefined;
    return (check?.(section(middleware[each])) ?? []).map((fault) => ({ ...fault, path: [each, ...fault.path] }));
  });
  return [...several, ...faults];
}
