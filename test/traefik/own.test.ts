// The routes file that Phoenix writes is accepted by our model of Traefik, and by Traefik itself where installed.

import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Config } from '../../src/managers/config.ts';
import { renderTraefik, traefikSpec } from '../../src/managers/gateway/traefik/traefik-spec.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { unreadable } from '../../src/traefik/file.ts';
import { refused } from '../../src/traefik/refused.ts';
import { environmentOf } from '../managers/gateway/environment.ts';
import { elementsOf, openTraefik, TRAEFIK } from './real-traefik.ts';

const qdrant = (...more: string[]): readonly string[] => [
  'traefik.http.routers.q.rule=Host(`qdrant.example.internal`) && PathPrefix(`/`)',
  'traefik.http.services.q.loadbalancer.server.port=6333',
  ...more,
];

const CONFIGS: readonly (readonly [string, Config])[] = [
  ['names of guests and a stack', environmentOf()],
  ['certificates by ACME and one more name', environmentOf({ acme: true, more: true })],
  [
    'a stack with middlewares',
    environmentOf({
      labels: qdrant(
        'traefik.http.routers.q.middlewares=c',
        'traefik.http.middlewares.c.chain.middlewares=a,b',
        'traefik.http.middlewares.a.compress=true',
        'traefik.http.middlewares.b.headers.customresponseheaders.Server=',
        'traefik.http.services.q.loadbalancer.sticky.cookie=true',
        'traefik.http.services.q.loadbalancer.healthcheck.path=/health',
      ),
    }),
  ],
];

function written(config: Config): { readonly file: JsonObject; readonly revision: string } {
  const declared = traefikSpec(config);
  if (declared === null) throw new Error('there is no proxy');
  const { text, revision } = renderTraefik(declared.spec);
  return { file: parse(text) as JsonObject, revision };
}

test.each(CONFIGS)('nothing of it is refused: %s', (_, config) => {
  const { file } = written(config);
  expect(unreadable(file)).toEqual([]);
  expect(refused(file)).toEqual([]);
});

describe.skipIf(TRAEFIK === undefined)('Traefik itself uses all of it', () => {
  let close = async (): Promise<void> => {};
  afterEach(() => close());

  test.each(CONFIGS)('%s', async (_, config) => {
    const { file, revision } = written(config);
    const { tls: _certificates, ...rest } = file;
    const traefik = await openTraefik({ 'phoenix.yml': rest }, ['web', 'websecure']);
    close = traefik.close;
    const elements = await elementsOf(traefik.api, `middlewares/${revision}`);
    const routers = Object.keys((file['http'] as { routers: object }).routers);
    expect([...elements.keys()]).toEqual(expect.arrayContaining(routers.map((name) => `routers/${name}`)));
    expect([...elements].filter(([, { status }]) => status !== 'enabled')).toEqual([]);
  });
});
