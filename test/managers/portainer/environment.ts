// A lab host with two VMs that have Docker, as the guests' own managers leave them, and a configuration that gives one of them
// Portainer and the other its agent. The certificate of Portainer and the root that signed it lie where their targets put them.

import { createPublicKey } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config, VmGuest } from '../../../src/config/config.ts';
import type { Certificate, Stack, StackEnvironment } from '../../../src/config/config-services.ts';
import { keyText, makeCertificate, newKey } from '../../../src/lab/certificates/certificates.ts';
import { type Database, isServer, readDatabase, writeDatabase } from '../../../src/lab/guest/docker/portainer.ts';
import { type DockerState, readState, writeState } from '../../../src/lab/guest/docker/state.ts';
import { setGuestState } from '../../../src/lab/proxmox/create.ts';
import { insidePath } from '../../../src/lab/proxmox/guest/place.ts';
import { openNode, setAgent } from '../../../src/lab/proxmox/node.ts';
import { portainer } from '../../../src/managers/portainer/manager.ts';
import { stack } from '../../../src/managers/stack/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../support/lab-host.ts';
import { carryOut } from '../carry-out.ts';
import { environment, machine, wanted } from '../guests.ts';

export const PRIMARY = 1001;
export const AGENT = 1002;
export const PASSWORD = 'correct horse battery staple';
export const API_KEY_SECRET = 'sk-of-the-shop-4711';
/** Links within a lab stay within its copy. */
const COPY = { recursive: true, verbatimSymlinks: true };
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
const CONTENTS = {
  'compose-2.33.6': SERVER_FILE('portainer/portainer-ce:2.33.6'),
  'compose-2.43.0': SERVER_FILE('portainer/portainer-ce:2.43.0'),
  shop: SHOP_FILE,
  'shop-without-cache': SHOP_FILE.replace(/ {2}cache:\n {4}image: cache:1\n/, ''),
  'shop-nowhere': SHOP_FILE.replace('cache:1', 'registry.invalid/cache:1'),
  settings: 'colour = blue\n',
  'file:/etc/phoenix/secrets/portainer': PASSWORD,
  'file:/etc/phoenix/secrets/api-key': API_KEY_SECRET,
};

export interface Wishes {
  /** Of the server. Default: 2.33.6, which deploys while it is asked. */
  readonly version?: '2.33.6' | '2.43.0';
  readonly admin?: string;
  readonly certified?: false;
  readonly shop?: keyof typeof CONTENTS;
  readonly shopEnvironment?: Partial<StackEnvironment>;
  readonly agentHostname?: string;
  readonly agentImage?: string;
  /** Runs the shop on Portainer's own VM too. */
  readonly local?: true;
  readonly portainer?: Config['hypervisor']['portainer'];
}

export function declared(wishes: Wishes = {}): Config {
  const { version = '2.33.6', admin = 'admin', shop = 'shop', agentHostname = 'agent.example.internal' } = wishes;
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
      stacks: [use('portainer'), ...(wishes.local ? [use('shop')] : [])],
      portainer: { role: 'primary', environmentName: 'own', agentHostname: null },
      volumes: [volume('portainer_data', PRIMARY), ...(wishes.local ? [volume('shop_data', PRIMARY)] : [])],
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
    hostname: null,
  };
  return {
    ...config,
    certificates: wishes.certified === false ? [] : [CERTIFICATE],
    stacks: new Map([
      ['portainer', stackOf('portainer', `compose-${version}`, ['portainer'], 'portainer_data', {})],
      ['shop', stackOf('shop', shop, ['shop', 'cache'], 'shop_data', { ...SHOP, ...wishes.shopEnvironment })],
    ]),
    hypervisor: {
      ...config.hypervisor,
      portainer: wishes.portainer === undefined ? declaredPortainer : wishes.portainer,
      portainerAgentImage: wishes.agentImage ?? 'portainer/agent:2.33.6',
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
    path: `stacks/${name}/docker-compose.yml`,
    blob: blob as never,
    services,
    images: name === 'portainer' ? { portainer: 'portainer/portainer-ce:2' } : { shop: 'shop:1' },
    externalVolumes: [{ name: volume, path: '', line: 1, column: 1 }],
    variables: [],
    ports: [],
  };
  const production = { writtenAt: PLACE, variables: [], files: [], traefikLabels: {}, firewallRules: [], ...own };
  return { name, writtenAt: PLACE, description: null, compose, environments: { production } };
}

const CERTIFICATE: Certificate = {
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

/** Both VMs run and have Docker; nothing of Portainer is there. @param contents beside those that `declared` mentions */
export async function openVms(contents: Readonly<Record<string, string>> = {}): Promise<LabHost> {
  const host = await openLabHost([], { ...CONTENTS, ...contents });
  for (const [id, ip] of [
    [PRIMARY, '10.0.0.111'],
    [AGENT, '10.0.0.102'],
  ] as const) {
    const net = `net0: virtio=BC:24:11:00:00:0${id - 1000},bridge=vmbr0\nipconfig0: gw=10.0.0.1,ip=${ip}/24\n`;
    await host.write(`/etc/pve/qemu-server/${id}.conf`, `agent: 1\nname: vm-${id}\n${net}`);
    setGuestState(host.dir, id, 'running');
    setAgent(openNode(host.dir), id, true);
    await writeInside(host, id, '/usr/bin/docker', '');
    await writeInside(host, id, '/etc/fstab', `10.0.0.13:/tank/${id} /persistent-storage nfs defaults 0 0\n`);
  }
  await host.write('/etc/hosts', '10.0.0.102 agent.example.internal other.example.internal\n');
  const { root, chain, key } = pki;
  await host.write('/usr/local/share/ca-certificates/phoenix-root.crt', root);
  await host.write(CERTIFICATE.certPath, chain);
  await host.write(CERTIFICATE.keyPath, key);
  return host;
}

const pki = makePki();

function makePki(): { readonly root: string; readonly chain: string; readonly key: string } {
  const [rootKey, key] = [newKey(), newKey()];
  const times = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
  const issuer = { name: 'Lab Root', key: rootKey };
  const of = (subject: string, own: typeof key) => ({ subject, publicKey: createPublicKey(own), issuer, ...times });
  return {
    root: makeCertificate({ ...of('Lab Root', rootKey), names: [], authority: 1 }),
    chain: makeCertificate({ ...of(CERTIFICATE.commonName, key), names: [...CERTIFICATE.sans] }),
    key: keyText(key),
  };
}

/** A host on which these targets were carried out, afresh each time: the first time does the work, later ones copy what it left. */
export function prepared(config: Config, ids: readonly string[]): () => Promise<LabHost> {
  let kept: Promise<string> | undefined;
  const prepare = async (): Promise<string> => {
    const host = await openVms();
    for (const id of ids) await converge(host, config, id);
    const dir = await mkdtemp(join(tmpdir(), 'phoenix-prepared-'));
    cpSync(host.dir, dir, COPY);
    await host.close();
    return dir;
  };
  return async () => {
    kept ??= prepare();
    const host = await openVms();
    rmSync(host.dir, { recursive: true });
    cpSync(await kept, host.dir, COPY);
    return host;
  };
}

export async function converge(host: LabHost, config: Config, id: string) {
  const manager = id.startsWith('stack/') ? stack : portainer;
  const end = await carryOut(manager as typeof stack, host, wanted(targetOf(config, id)));
  if (end.outcome !== 'done') throw new Error(`${id}: ${JSON.stringify(end).slice(0, 500)}`);
  return end;
}

const rootOf = (host: LabHost, id: number) => ({ at: (path: string) => insidePath(openNode(host.dir), id, path) });

export function writeInside(host: LabHost, id: number, path: string, text: string): Promise<void> {
  return host.write(rootOf(host, id).at(path).slice(host.dir.length), text);
}

export function dockerOf(host: LabHost, id: number): DockerState {
  return readState(rootOf(host, id));
}

export function changeDocker(host: LabHost, id: number, change: (state: DockerState) => void): void {
  const state = dockerOf(host, id);
  change(state);
  writeState(rootOf(host, id), state);
}

/** Portainer's own data; null before its first start. */
export function databaseOf(host: LabHost): Database | null {
  const state = dockerOf(host, PRIMARY);
  const server = state.containers.find(isServer);
  return server === undefined ? null : readDatabase(rootOf(host, PRIMARY), state, server);
}

export function changeDatabase(host: LabHost, change: (database: Database) => void): void {
  const state = dockerOf(host, PRIMARY);
  const server = state.containers.find(isServer);
  const database = databaseOf(host);
  if (server === undefined || database === null) throw new Error('there is no Portainer');
  change(database);
  writeDatabase(rootOf(host, PRIMARY), state, server, database);
}

/** Containers by their names, with what they were started with. */
export function containersOf(host: LabHost, id: number): unknown {
  return dockerOf(host, id).containers.map(({ name, configuration, running }) => ({ name, configuration, running }));
}
