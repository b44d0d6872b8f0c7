// Labels for the proxy, and the problems that they cause in a configuration.

import { expect, test } from 'vitest';
import { routesOf } from '../../../src/managers/routes/routes.ts';
import { environment, type Files, loadFiles } from '../../load/environment.ts';

const ROUTER = [
  'traefik.http.routers.shop.rule=Host(`shop.example.internal`)',
  'traefik.http.services.shop.loadbalancer.server.port=80',
];

function withLabels(labels: readonly string[], change: (files: Files) => void = () => {}) {
  const files: Files = environment();
  files['stacks/shop/phoenix.json'].environments.production.services = { shop: { traefik_labels: labels } };
  change(files);
  return loadFiles(files);
}

const problems = (labels: readonly string[], change?: (files: Files) => void) =>
  withLabels(labels, change).problems.map(({ code, path, message }) => [code, path, message]);

const AT = '/environments/production/services/shop/traefik_labels';

test('sound labels are no problem', () => {
  expect(problems(ROUTER)).toEqual([]);
});

test.each([
  [['traefik.http.routers.shop.rule=Host(shop)'], 'INVALID_VALUE', `${AT}/0`, 'router shop: the rule cannot be read'],
  [[...ROUTER, 'traefik.http.routers.shop.middlewares=auth'], 'UNKNOWN_REFERENCE', `${AT}/2`, 'middleware auth'],
  [[...ROUTER, 'traefik.http.routers.shop.service=web'], 'UNKNOWN_REFERENCE', `${AT}/2`, 'service web'],
  [[...ROUTER, 'traefik.http.routers.shop.tsl=true'], 'UNKNOWN_KEY', `${AT}/2`, 'no label that is known'],
  [
    [...ROUTER, 'traefik.http.routers.b.rule=Host(`shop.example.internal`)'],
    'DUPLICATE_SERVICE',
    `${AT}/2`,
    'also the rule',
  ],
])('%j', (labels, code, path, message) => {
  expect(problems(labels)).toEqual([[code, path, expect.stringContaining(message)]]);
});

test('a stack leads to the VM at the port that its compose file publishes', () => {
  const { config } = withLabels(ROUTER);
  if (config === null) throw new Error('not loaded');
  expect(routesOf(config).routes).toMatchObject([
    { name: 'shop', hosts: ['shop.example.internal'], backend: { servers: [{ address: '10.0.0.111', port: 8000 }] } },
  ]);
});

test('the port need not be said where the compose file has one only', () => {
  const { config } = withLabels(ROUTER.slice(0, 1));
  if (config === null) throw new Error('not loaded');
  expect(routesOf(config).routes[0]?.backend).toMatchObject({ servers: [{ address: '10.0.0.111', port: 8000 }] });
});

test('a name that the VM offers itself leads where the VM says, by the way of the labels', () => {
  const labels = [...ROUTER, 'traefik.http.routers.shop.middlewares=c', 'traefik.http.middlewares.c.compress=true'];
  const { config } = withLabels(labels, (files) => {
    files['etc/phoenix_vm_configs.json'].vms[1].traefik_service = { name: 'shop', port: 9443 };
  });
  if (config === null) throw new Error('not loaded');
  expect(routesOf(config).routes).toMatchObject([
    {
      middlewares: ['shop-c'],
      backend: {
        scheme: 'https',
        serverName: 'shop.example.internal',
        servers: [{ address: '10.0.0.111', port: 9443 }],
      },
    },
  ]);
});
