// A declared field of a guest does something, or validation says at its line why it does nothing.

import { expect, test } from 'vitest';
import type { z } from 'zod';
import { allTargets } from '../../../src/managers/index.ts';
import { lxcGuest } from '../../../src/managers/lxc/schema.ts';
import { vmGuest } from '../../../src/managers/vm/schema.ts';
import { environment, type Files, loadFiles } from '../../load/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { settingsAsWritten } from './settings-rows.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

type Entry = Readonly<Record<string, unknown>>;
type Kind = 'lxc' | 'vm';

const NET = { ip: '10.0.0.77/24', gw: '10.0.0.1' };
const COMMON = {
  cores: 1,
  memory_mb: 1024,
  name: 'probe',
  storage_pool: 'tank-disks',
  firewall: { enabled: true, rules: [] },
  network_config: NET,
};
const BASE: Readonly<Record<Kind, Entry>> = {
  lxc: { ...COMMON, template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst', storage_size_gb: 8 },
  vm: { ...COMMON, vmid: 770, template_image: 'a.img', disk_size_gb: 40 },
};

/** The environment with this guest beside the others; `undefined` leaves a field out. */
function withGuest(kind: Kind, entry: Entry): Files {
  const files: Files = { ...environment(), 'bin/start.sh': 'echo started\n' };
  files[HYPERVISOR].dns_server = { enabled: true, upstream_servers: ['9.9.9.9'] };
  files[LXC].lxc_configs['102'] = {
    ...BASE.lxc,
    ...{ name: 'proxy', role: 'proxy', network_config: { ...NET, ip: '10.0.0.78/24' } },
  };
  const guest = { ...BASE[kind], ...entry };
  if (kind === 'lxc') files[LXC].lxc_configs['770'] = guest;
  else files[VM].vms.push(guest);
  return files;
}

const placeOf = (kind: Kind, field: string): string =>
  kind === 'lxc' ? `/lxc_configs/770/${field}` : `/vms/2/${field}`;

/** Problems at the field or below, as `code path`, with the path below the guest. */
function problemsAt(kind: Kind, entry: Entry, field = ''): string[] {
  const root = placeOf(kind, '');
  return loadFiles(withGuest(kind, entry))
    .problems.filter(({ path }) => path?.startsWith(placeOf(kind, field)))
    .map(({ code, path = '' }) => `${code} ${path?.slice(root.length)}`);
}

const TEMPLATE = { is_template: true };
const CHECK = { health_check: { command: ['true'] } };
const SERVICE = { traefik_service: { name: 'shop', port: 80 } };

type Row = readonly [kind: Kind, field: string, entry: Entry, beside: Entry, code?: 'INVALID_VALUE'];

const ROWS: readonly Row[] = [
  ['lxc', 'state', { state: 'running' }, TEMPLATE, 'INVALID_VALUE'],
  ['vm', 'state', { state: 'running' }, TEMPLATE, 'INVALID_VALUE'],
  ['lxc', 'state', { state: 'unmanaged' }, TEMPLATE],
  ['lxc', 'start_at_boot', { start_at_boot: true }, TEMPLATE],
  ['lxc', 'role', { role: 'gateway' }, { network_config: { ip: 'dhcp' } }],
  ['lxc', 'role', { role: 'gateway' }, { network_config: undefined, without_network: true }],
  ['vm', 'template_snapshot_name', { template_snapshot_name: 'done' }, TEMPLATE],
  ['lxc', 'enable_lifecycle_snapshots', { enable_lifecycle_snapshots: true }, TEMPLATE],
  ['vm', 'snapshots/post-features', { snapshots: { 'post-features': 'after' } }, TEMPLATE],
  ['vm', 'snapshots/pre-features', { snapshots: { 'pre-features': 'before' }, features: ['docker'] }, { features: [] }],
  ['lxc', 'health_check', { ...CHECK, state: 'running' }, { state: 'stopped' }],
  ['vm', 'health_check', { ...CHECK, state: 'running' }, { state: undefined }],
  ['lxc', 'traefik_service', SERVICE, { network_config: { ip: 'dhcp' } }],
  ['lxc', 'mac_address', { mac_address: '52:54:00:AA:00:01' }, { network_config: undefined }],
  [
    'lxc',
    'apparmor_manages_nesting',
    { apparmor_manages_nesting: true, apparmor_profile: 'mine', pct_options: ['nesting=1'] },
    { apparmor_profile: 'unconfined' },
  ],
  ['lxc', 'vllm_engine_config', { vllm_engine_config: { a: { model: 'b' } }, features: ['vllm'] }, { features: [] }],
  ['lxc', 'nvidia_repo_url', { nvidia_repo_url: 'https://a.example/', features: ['nvidia'] }, { features: ['docker'] }],
  [
    'lxc',
    'bootstrap_ca_url',
    { bootstrap_ca_url: 'https://a.example', application_script: 'start.sh' },
    { application_script: undefined },
  ],
  [
    'lxc',
    'id_maps',
    { id_maps: [{ type: 'uid', container_id: 1000, host_id: 1000, size: 1 }] },
    { unprivileged: false },
  ],
  ['vm', 'network_bridge', { network_bridge: 'vmbr0' }, { network_config: { ...NET, bridge: 'vmbr1' } }],
  ['vm', 'network_bridge', { network_bridge: 'vmbr0' }, { network_config: undefined, without_network: true }],
  [
    'vm',
    'portainer_environment_name',
    { portainer_environment_name: 'Shop', portainer_role: 'agent' },
    { portainer_role: 'none' },
  ],
];

test.each(ROWS.map(([kind, field, entry, beside, code = 'NO_EFFECT']) => ({ kind, field, entry, beside, code })))(
  '$field of $kind is reported at its line where it does nothing, and not where it does something',
  ({ kind, field, entry, beside, code }) => {
    expect(problemsAt(kind, { ...entry, ...beside }, field)).toEqual([`${code} ${field}`]);
    expect(problemsAt(kind, entry, field)).toEqual([]);
  },
);

test('what is told to have no effect has none: taken out, nothing else is done in a guest or at its host', () => {
  const machine = { template_image: undefined, import_from: 'local:import/b.qcow2', guest_agent: undefined };
  const maps = [{ type: 'uid', container_id: 1000, host_id: 1000, size: 1 }];
  const part = (kind: Kind, entry: Entry, name: string) => specOf(withGuest(kind, entry), `${kind}/770`)[name];
  for (const state of [undefined, 'stopped', 'unmanaged']) {
    const vm = { ...machine, state };
    expect(problemsAt('vm', { ...vm, ...CHECK }, 'health_check'), state).toEqual(['NO_EFFECT health_check']);
    expect(part('vm', { ...vm, ...CHECK }, 'agent'), state).toBe(false);
  }
  expect(part('vm', { ...machine, ...CHECK, state: 'running' }, 'agent')).toBe(true);
  const noMaps = { uid: [], gid: [] };
  expect(part('lxc', { unprivileged: false, id_maps: maps }, 'delegated')).toEqual(noMaps);
  expect(part('lxc', { id_maps: maps }, 'delegated')).not.toEqual(noMaps);
});

test('a VM without guest agent is refused for a check that would be run, and not for one that has no effect', () => {
  const vm = { ...CHECK, cloud_init: false, guest_agent: false };
  expect(problemsAt('vm', { ...vm, state: 'running' }, 'health_check')).toEqual(['INVALID_VALUE health_check']);
  expect(problemsAt('vm', { ...vm, state: 'stopped' }, 'health_check')).toEqual(['NO_EFFECT health_check']);
});

test.each(['none', 'infrastructure'])(
  'a VM with the role %s in Portainer is told which roles have an environment',
  (role) => {
    const entry = { portainer_role: role, portainer_environment_name: 'Shop' };
    const { problems } = loadFiles(withGuest('vm', entry));
    const said = problems.filter(({ path }) => path === placeOf('vm', 'portainer_environment_name'));
    expect(said.map(({ message, hint }) => `${message} ${hint}`)).toEqual([
      expect.stringContaining('write "portainer_role": "agent" or "primary"'),
    ]);
  },
);

test('the service of an authority says at which port certificates are asked, also where its address is not declared', () => {
  const ca = { role: 'ca', network_config: { ip: 'dhcp' } };
  const planOf = (entry: Entry): string | null => {
    const files = withGuest('lxc', entry);
    files[HYPERVISOR].step_ca = { dns_name: 'ca.example.internal', provisioner_name: 'x' };
    files[LXC].lxc_configs['900'].role = 'none';
    expect(loadFiles(files).problems.filter(({ path }) => path?.startsWith(placeOf('lxc', 'traefik_service')))).toEqual(
      [],
    );
    return planned(files);
  };
  const other = planOf({ ...ca, traefik_service: { name: 'ca', port: 8443 } });
  expect(other).toContain('https://ca.example.internal:8443');
  expect(planOf(ca)).not.toBe(other);
});

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHR+I2WdRckTJNVG4JhagiF0EnwJ7piwIrSqky+aD6E0 ada@example.internal';

/** Values of fields beside the settings, of which one differs from the default. */
const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  description: ['d'],
  protected: [true],
  tags: [['x']],
  pool: ['prod'],
  state: ['running', 'stopped', 'unmanaged'],
  is_template: [true, false],
  dependencies: [[101]],
  features: [['docker']],
  firewall: [{ enabled: false }],
  traefik_service: [SERVICE.traefik_service],
  health_check: [CHECK.health_check],
  template_snapshot_name: ['done'],
  task_timeout_seconds: [100],
  options: [{ description: 'x' }, { migrate_downtime: 1 }, { debug: true }],
  without_network: [true],
  networks: [[{ bridge: 'vmbr1', ip: 'dhcp', name: 'eth5' }], [{ bridge: 'vmbr1', ip: 'dhcp' }]],
  storage_pool: ['other'],
  network_config: [{ ip: '10.0.0.79/24' }],
  role: ['gateway'],
  root_user: [{ ssh_keys: [KEY] }],
  ostype: ['debian'],
  storage_size_gb: [9],
  root_disk: [{ replicate: false }, { ssd: true }],
  mac_address: ['52:54:00:AA:00:01'],
  unprivileged: [true, false],
  gpu_assignment: ['0'],
  devices: [['/dev/fuse']],
  env: [{ A: 'b' }],
  apparmor_profile: ['unconfined', 'mine'],
  apparmor_manages_nesting: [true],
  pct_options: [['keyctl=1']],
  lxc_options: [['lxc.mount.auto: sys:rw']],
  id_maps: [[{ type: 'uid', container_id: 1000, host_id: 1000, size: 1 }]],
  mount_points: [[{ host_path: '/tank/m', container_path: '/m' }]],
  zfs_volumes: [[{ name: 'data', pool: 'tank-disks', size_gb: 4, mount_point: '/data' }]],
  application_script: ['start.sh'],
  bootstrap_ca_url: ['https://a.example'],
  vllm_engine_config: [{ a: { model: 'b' } }],
  nvidia_driver_version: ['580.76.05'],
  nvidia_repo_url: ['https://a.example/'],
  nvidia_runfile_url: ['https://a.example/driver.run'],
  enable_lifecycle_snapshots: [true],
  template_image_url: ['https://a.example/a.img'],
  template_image_sha256: ['a'.repeat(64)],
  disk_size_gb: [41],
  import_working_storage: ['local'],
  empty: [true],
  iso: ['local:iso/b.iso'],
  cloud_init: [true, false],
  guest_agent: [true, false],
  disks: [[{ bus: 'scsi3', size_gb: 4 }]],
  efi_disk: [{}],
  tpm: [{}],
  passthrough: [[{ usb: '0658:0200' }]],
  serial: [['socket']],
  network_bridge: ['vmbr1'],
  user_config: [{ username: 'ada' }],
  volumes: [[{ name: 'data', path: '/tank/vm-data/1001', mount_point: '/data', server: '10.0.0.13' }]],
  cores: [2],
  memory_mb: [2048],
  docker_stacks: [['shop']],
  portainer_role: ['agent'],
  portainer_environment_name: ['Shop'],
  portainer_agent_hostname: ['agent.example.internal'],
  snapshots: [{ 'pre-features': 'before' }],
};

/** What is for readers, the identity of the guest, and what it is made from. */
const NOT_TRIED =
  /^(comment|name|vmid|template|template_image|clone_from_.*|import_from|trigger_sync_on_completion|dns_records|ports|tests|qm_options|count)$/;

const MODES: Readonly<Record<Kind, readonly Entry[]>> = {
  lxc: [
    {},
    { template: undefined, clone_from_ctid: 900, storage_size_gb: 8 },
    TEMPLATE,
    { state: 'stopped' },
    { state: 'running', features: ['nvidia', 'vllm'] },
    { network_config: { ip: 'dhcp' }, unprivileged: false },
    { network_config: undefined, without_network: true },
    { apparmor_profile: 'generated', firewall: undefined },
  ],
  vm: [
    {},
    { template_image: undefined, clone_from_vmid: 9000 },
    { ...TEMPLATE, network_config: { ip: 'dhcp' } },
    { template_image: undefined, iso: 'local:iso/a.iso' },
    { template_image: undefined, empty: true, state: 'stopped' },
    { template_image: undefined, import_from: 'local:import/b.qcow2', state: 'running' },
    { cloud_init: false, guest_agent: true },
    { network_config: undefined, without_network: true, portainer_role: 'infrastructure' },
  ],
};

const ofKind = (kind: Kind, shape: z.core.$ZodShape) => {
  const settings: Entry = settingsAsWritten(kind);
  return Object.keys(shape)
    .filter((field) => !NOT_TRIED.test(field) && !(kind === 'lxc' && field === 'portainer_role'))
    .map((field) => ({
      kind,
      field,
      values: SAMPLES[field] ?? [settings[field], false, true, 0].filter((one) => one !== undefined),
    }));
};
const FIELDS = [...ofKind('lxc', lxcGuest.shape), ...ofKind('vm', vmGuest.shape)];

/** What would be done for the guest and all others; null: the files are refused as a whole. */
function planned(files: Files): string | null {
  const { draft } = loadFiles(files);
  return draft === null ? null : JSON.stringify([...allTargets(draft)]);
}

function specOf(files: Files, id: string): Readonly<Record<string, unknown>> {
  const { draft } = loadFiles(files);
  const found = draft === null ? undefined : [...allTargets(draft).values()].find((target) => target.id === id);
  return (found?.spec ?? {}) as Readonly<Record<string, unknown>>;
}

test('each field of a guest changes what is done, or is told of at its line, whatever is beside it', LONG_TEST, () => {
  const silent = FIELDS.flatMap(({ kind, field, values }) =>
    MODES[kind].flatMap((mode) => {
      // What the mode itself declares is what the field is compared with.
      const without = planned(withGuest(kind, { ...mode, [field]: undefined })) ?? planned(withGuest(kind, mode));
      const counts = values.some((value) => {
        const entry = { ...mode, [field]: value };
        return planned(withGuest(kind, entry)) !== without || problemsAt(kind, entry, field).length > 0;
      });
      return counts ? [] : [`${kind} ${field} beside ${JSON.stringify(mode)}`];
    }),
  );
  expect(silent).toEqual([]);
});
