// The contract of managers for stacks, with servers that deploy within the request and in the background.

import type { Manager } from '../../../src/managers/manager.ts';
import { stack } from '../../../src/managers/stack/manager.ts';
import type { LabHost } from '../../support/host/lab-host.ts';
import { type ContractCase, testContract } from '../contract.ts';
import { AGENT, API_KEY_SECRET, declared, targetOf } from '../portainer/configuration.ts';
import { changeDatabase, containersOf, databaseOf, dockerOf, prepared } from '../portainer/environment.ts';

const SHOP = 'stack/1002.shop';
const NEEDED = ['portainer/server', 'portainer/environment.docker host'];

async function shop(host: LabHost): Promise<unknown> {
  return {
    containers: containersOf(host, AGENT),
    volumes: dockerOf(host, AGENT).volumes,
    stacks: databaseOf(host)?.stacks.map(({ Name, Status, Env, file }) => ({ Name, Status, Env, file })),
  };
}

const CHANGED = {
  shopEnvironment: {
    traefikLabels: { shop: ['traefik.enable=true', 'traefik.http.routers.shop.rule=Host(`store.example.internal`)'] },
    files: [{ path: 'stacks/shop/settings.ini', blob: 'settings' as never, destination: '/etc/shop/settings.ini' }],
  },
};

testContract(
  stack as Manager,
  (['2.33.6', '2.43.0'] as const).map(
    (version): ContractCase<LabHost> => ({
      name: `${SHOP} by Portainer ${version}`,
      open: prepared(declared({ version }), NEEDED),
      target: targetOf(declared({ version }), SHOP),
      changed: targetOf(declared({ version, ...CHANGED }), SHOP),
      state: shop,
      looks: 2,
      secrets: [API_KEY_SECRET],
      foreign: {
        async make(host) {
          changeDatabase(host, ({ endpoints, stacks }) => {
            const [{ Id: EndpointId = 0 } = {}] = endpoints;
            const own = { Name: 'shop', Type: 2, EndpointId, Status: 1, Env: [], file: 'services: {}\n' } as const;
            stacks.push({ ...own, Env: [], Id: 900, CreationDate: 1, UpdateDate: 1 });
          });
        },
        state: async (host) => databaseOf(host)?.stacks,
        refused: 'a stack shop that Phoenix did not make',
      },
    }),
  ),
);
