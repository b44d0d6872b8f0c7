// Guests and environments for tests of the managers: each test only sets what it is about.

import type { Config } from '../../src/managers/config.ts';
import { valuesOf } from '../../src/managers/guest/settings/values.ts';
import type { LxcGuest } from '../../src/managers/lxc/declared.ts';
import { lxcTargets } from '../../src/managers/lxc/lxc-spec.ts';
import type { Wanted } from '../../src/managers/manager.ts';
import type { VmGuest } from '../../src/managers/vm/declared.ts';
import { vmTargets } from '../../src/managers/vm/vm-spec.ts';
import { DEFAULT_DRIFT } from '../../src/model/drift.ts';
import type { BlobId } from '../../src/model/ids.ts';
import { DEFAULT_POLICY } from '../../src/model/policy.ts';
import type { Target } from '../../src/model/target.ts';

export const TEMPLATE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst';
export const IMAGE = 'noble-server-cloudimg-amd64.img';
export const ORIGIN = { repository: 'https://git.example/infra.git', commit: 'c'.repeat(40) };

const SHARED = {
  writtenAt: { file: '', path: '' },
  protected: false,
  tags: [],
  description: null,
  cores: 2,
  memory_mb: 512,
  start_at_boot: true,
  startState: 'running',
  cloneFrom: null,
  isTemplate: false,
  templateSnapshot: null,
  dependencies: [],
  features: [],
  firewall: null,
  traefikService: null,
  healthCheck: null,
  networks: [],
  options: {},
  pool: null,
  taskTimeoutSeconds: null,
} as const;

const LINK = {
  bridge: 'vmbr0',
  gateway: '10.0.0.1',
  name: null,
  none: false,
  ip6: null,
  gateway6: null,
  mac: null,
  vlan: null,
  trunks: [],
  rate: null,
  mtu: null,
  filtered: null,
  linkDown: null,
  model: null,
  queues: null,
  nameservers: [],
  searchdomain: null,
};

export function container(id: number, own: Partial<LxcGuest> = {}): LxcGuest {
  return {
    ...valuesOf('lxc', {}),
    ...SHARED,
    id,
    kind: 'lxc',
    name: `ct-${id}`,
    role: null,
    swap_mb: 512,
    template: own.cloneFrom == null ? TEMPLATE : null,
    ostype: null,
    storagePool: 'rpool',
    root: null,
    storageSizeGb: 4,
    rootOptions: {},
    network: { ...LINK, name: 'eth0', ip: `10.0.0.${id % 250}/24` },
    unprivileged: true,
    gpus: [],
    devices: [],
    env: {},
    apparmorProfile: null,
    apparmorManagesNesting: false,
    pctFeatures: {},
    lxcOptions: [],
    idMaps: [],
    mountPoints: [],
    volumes: [],
    applicationScript: null,
    bootstrapCaUrl: null,
    nvidia: null,
    vllm: null,
    lifecycleSnapshots: false,
    ...own,
  };
}

export function machine(id: number, own: Partial<VmGuest> = {}): VmGuest {
  return {
    ...valuesOf('vm', {}),
    ...SHARED,
    id,
    kind: 'vm',
    name: `vm-${id}`,
    templateImage: own.cloneFrom == null ? IMAGE : null,
    templateImageUrl: null,
    templateImageSha256: null,
    importFrom: null,
    empty: false,
    iso: null,
    cloudInit: true,
    guestAgent: null,
    rootDisk: { bus: null, options: {} },
    disks: [],
    efiDisk: null,
    tpm: null,
    passthrough: [],
    serial: [],
    storagePool: 'rpool',
    diskSizeGb: 8,
    network: { ...LINK, ip: `10.0.0.${id % 250}/24` },
    user: { username: 'phoenix', passwordHash: null, sshKeys: [] },
    volumes: [],
    stacks: [],
    portainer: { role: 'none', environmentName: `vm-${id}`, agentHostname: null },
    snapshots: { preFeatures: null, postFeatures: null },
    ...own,
  };
}

/** A script of the config repo with its name as its content. */
export function feature(name: string) {
  return { name, path: `features/${name}/install.sh`, blob: `blob-of-${name}` as BlobId };
}

/** A host of which nothing but its domain is declared. */
const HYPERVISOR: Config['hypervisor'] = {
  writtenAt: { file: 'etc/phoenix_hypervisor_config.json', path: '' },
  domain: 'example.internal',
  packageRepositories: null,
  pageCertificate: null,
  timezone: null,
  snippets: [],
  memoryGb: null,
  user: null,
  network: {
    name: 'vmbr0',
    address: null,
    gateway: null,
    nameservers: [],
    bridges: [],
    bonds: [],
    vlans: [],
    subnet: null,
    nfsServer: null,
    portainerAgentPort: 9001,
  },
  hosts: [],
  knownHosts: [],
  knownAliases: [],
  knownIpSets: [],
  portainerAgentImage: 'portainer/agent:latest',
  nfsExports: [],
  samba: null,
  zfs: { arcMaxGb: null, pools: [], datasets: [], allowDestructive: false },
  storages: [],
  storagePlaces: [],
  mountPointBase: '/mnt/pve',
  nvidia: null,
  firewall: null,
  portainer: null,
  ubuntuRelease: 'noble',
  dns: { enabled: false, upstreamServers: [] },
  stepCa: null,
  behavior: { rollbackOnFailure: false, maxDeleteShare: 0.3 },
  policy: DEFAULT_POLICY,
  drift: DEFAULT_DRIFT,
};

export function environment(...guests: readonly (LxcGuest | VmGuest)[]): Config {
  return {
    lxc: guests.filter((guest) => guest.kind === 'lxc'),
    vm: guests.filter((guest) => guest.kind === 'vm'),
    guests: new Map(guests.map((guest) => [guest.id, guest])),
    certificates: [],
    stacks: new Map(),
    hypervisor: HYPERVISOR,
  };
}

/** The target of the last of these guests. */
export function targetOf(...guests: readonly (LxcGuest | VmGuest)[]): Target {
  const config = environment(...guests);
  const last = guests.at(-1);
  const found = [...lxcTargets(config), ...vmTargets(config)].find(({ id }) => id === `${last?.kind}/${last?.id}`);
  if (found === undefined) throw new Error('no guest was given');
  return found;
}

/** Suits every manager, whatever its specs are. */
export type Asked = Wanted<never> & Wanted;

/** Of any kind: the target was created by the manager that is called. */
export function wanted(target: Target, own: Partial<Wanted> = {}): Asked {
  const { id, spec, protected: kept } = target;
  const one: Wanted = { target: id, spec, before: undefined, origin: ORIGIN, approved: false, protected: kept, ...own };
  return one as Asked;
}

export function gone(target: Target, own: Partial<Wanted> = {}): Asked {
  return wanted(target, { before: target.spec, ...own, spec: undefined });
}
