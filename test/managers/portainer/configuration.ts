// A configuration with Portainer in one VM and its agent with a stack in another, and the content of its files and secrets.

import type { Certificate } from '../../../src/managers/certificate/declared.ts';
import type { Config } from '../../../src/managers/config.ts';
import { portainer } from '../../../src/managers/portainer/manager.ts';
import type { Stack, StackEnvironment } from '../../../src/managers/stack/declared.ts';
import { stack } from '../../../src/managers/stack/manager.ts';
import { emptyCompose } from '../../../src/managers/stack/read.ts';
import type { VmGuest } from '../../../src/managers/vm/declared.ts';
import type { Target } from '../../../src/model/target.ts';
import { environment, machine } from '../guests.ts';

export const PRIMARY = 1001;
export const AGENT = 1002;
export const PASSWORD = 'correct horse battery staple';
export const AGENT_SECRET = 'what # the "agents" know';
export const API_KEY_SECRET = 'sk-of-the-shop-4711';
const PLACE = { file: '', path: '' };

const SERVER_FILE = (image: string) => `# The server.
services:
  portainer:
    image: ${image}
    container_name: portainer_server
    command: -H unix:///var/run/docker.sock
    ports: ["9443:9443"]
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
      - portainer_data:/data
volumes:
  portainer_data:
    external: true
`;

const SHOP_FILE = `# Sells things.
services:
  shop:
    image: shop:1   # pinned
    ports: ["8080:80"]
    environment:
      KEY: \${API_KEY}
      LEVEL: \${LEVEL}
    volumes: ["shop_data:/data"]
  cache:
    image: cache:1
volumes:
  shop_data:
    external: true
`;

/** Texts of the config repo, by their blob ids, and secrets, by their references. */
export const CONTENTS = {
  'compose-2.33.6': SERVER_FILE('portainer/portainer-ce:2.33.6'),
  'compose-2.43.0': SERVER_FILE('portainer/portainer-ce:2.43.0'),
  shop: SHOP_FILE,
  'shop-without-cache': SHOP_FILE.replace(/ {2}cache:\n {4}image: cache:1\n/, ''),
  'shop-nowhere': SHOP_FILE.replace('cache:1', 'registry.invalid/cache:1'),
  settings: 'colour = blue\n',
  'file:/etc/phoenix/secrets/portainer': PASSWORD,
  'file:/etc/phoenix/secrets/agents': AGENT_SECRET,
  'file:/etc/phoenix/secrets/api-key': API_KEY_SECRET,
};

export interface Wishes {
  /** Version of the server. Default: 2.33.6, which deploys during the request. */
  readonly version?: '2.33.6' | '2.43.0';
  readonly admin?: string;
  readonly certified?: false;
  readonly shop?: keyof typeof CONTENTS;
  readonly shopEnvironment?: Partial<StackEnvironment>;
  readonly agentHostname?: string;
  readonly agentImage?: string;
  /** Shared by the server and its agents. */
  readonly agentSecret?: true;
  /** Runs the shop on Portainer's own VM too. */
  readonly local?: true;
  readonly portainer?: Config['hypervisor']['portainer'];
}

export function declared(desired: Wishes = {}): Config {
  const { version = '2.33.6', admin = 'admin', shop = 'shop', agentHostname = 'agent.example.internal' } = desired;
  const vm = (id: number, own: Partial<VmGuest>) =>
    machine(id, { network: { ...machine(id).network, ip: `10.0.0.${id === PRIMARY ? 111 : 102}/24` }, ...own });
  const volume = (name: string, id: number) => ({
    name,
    server: '10.0.0.13',
    path: `/tank/${id}`,
    mountPoint: '/persistent-storage',
  });
  const use = (name: string) => ({ name, environment: 'production' });
  const config = environment(
    vm(PRIMARY, {
      stacks: [use('portainer'), ...(desired.local ? [use('shop')] : [])],
      portainer: { role: 'primary', environmentName: 'own', agentHostname: null },
      volumes: [volume('portainer_data', PRIMARY), ...(desired.local ? [volume('shop_data', PRIMARY)] : [])],
    }),
    vm(AGENT, {
      stacks: [use('shop')],
      portainer: { role: 'agent', environmentName: 'docker host', agentHostname },
      volumes: [volume('shop_data', AGENT)],
    }),
  );
  const declaredPortainer = {
    adminUser: admin,
    adminPassword: { $secret: 'file:/etc/phoenix/secrets/portainer' },
    agentSecret: desired.agentSecret ? { $secret: 'file:/etc/phoenix/secrets/agents' } : null,
    hostname: null,
  };
  return {
    ...config,
    certificates: desired.certified === false ? [] : [CERTIFICATE],
    stacks: new Map([
      ['portainer', stackOf('portainer', `compose-${version}`, ['portainer'], 'portainer_data', {})],
      ['shop', stackOf('shop', shop, ['shop', 'cache'], 'shop_data', { ...SHOP, ...desired.shopEnvironment })],
    ]),
    hypervisor: {
      ...config.hypervisor,
      portainer: desired.portainer === undefined ? declaredPortainer : desired.portainer,
      portainerAgentImage: desired.agentImage ?? 'portainer/agent:2.33.6',
    },
  };
}

const SHOP: Partial<StackEnvironment> = {
  variables: [
    { name: 'LEVEL', value: 'info', secret: false },
    { name: 'API_KEY', value: { $secret: 'file:/etc/phoenix/secrets/api-key' }, secret: true },
  ],
  traefikLabels: { shop: ['traefik.enable=true', 'traefik.http.routers.shop.rule=Host(`shop.example.internal`)'] },
};

function stackOf(
  name: string,
  blob: string,
  services: readonly string[],
  volume: string,
  own: Partial<StackEnvironment>,
): Stack {
  const compose = {
    ...emptyCompose(`stacks/${name}/docker-compose.yml`),
    blob: blob as never,
    services,
    images: name === 'portainer' ? { portainer: 'portainer/portainer-ce:2' } : { shop: 'shop:1' },
    externalVolumes: [{ name: volume, services, path: '', line: 1, column: 1 }],
  };
  const production = { writtenAt: PLACE, variables: [], files: [], traefikLabels: {}, firewallRules: [], ...own };
  return { name, writtenAt: PLACE, description: null, compose, environments: { production } };
}

export const CERTIFICATE: Certificate = {
  writtenAt: PLACE,
  commonName: 'portainer.example.internal',
  sans: ['portainer.example.internal'],
  certPath: `/tank/${PRIMARY}/certs/portainer.crt`,
  keyPath: `/tank/${PRIMARY}/certs/portainer.key`,
  owner: 'root',
  group: 'root',
  mode: 0o640,
  issuer: 'jwk',
  lifetimeSeconds: null,
  hook: null,
};

const ALL = [portainer, stack];

export function targetOf(config: Config, id: string): Target {
  const found = ALL.flatMap((manager) => manager.targets(config)).find((target) => target.id === id);
  if (found === undefined) throw new Error(`${id} is not declared`);
  return found;
}
