// The configuration after reading: spellings with one meaning become equal, and a field that is not declared stays without a value unless the files
// themselves give a default.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { valuesOf } from '../../src/managers/guest/settings/values.ts';
import type { LxcGuest } from '../../src/managers/lxc/declared.ts';
import type { VmGuest } from '../../src/managers/vm/declared.ts';
import { environment, type Files, loadFiles } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

function lxc(fields: object, id = 101): LxcGuest {
  const files = environment();
  const entry = Object.assign(files[LXC].lxc_configs['101'], fields);
  files[LXC].lxc_configs = { '900': files[LXC].lxc_configs['900'], [id]: entry };
  const guest = loadFiles(files).draft?.lxc.find((each) => each.id === id);
  if (guest === undefined) throw new Error(JSON.stringify(loadFiles(files).problems));
  return guest;
}

function vm(fields: object, defaults: object = {}): VmGuest {
  const files = environment();
  Object.assign(files[VM].vms[1], fields);
  Object.assign(files[VM].vm_defaults, defaults);
  const guest = loadFiles(files).draft?.vm.find(({ id }) => id === 1001);
  if (guest === undefined) throw new Error(JSON.stringify(loadFiles(files).problems));
  return guest;
}

describe('a container', () => {
  test('with few fields declares nothing else', () => {
    const files = environment();
    files[LXC].lxc_configs = {
      '200': {
        name: 'small',
        memory_mb: 256,
        cores: 1,
        storage_pool: 'tank-disks',
        storage_size_gb: 4,
        template: 'local:vztmpl/debian.tar.zst',
        network_config: { ip: 'dhcp' },
      },
    };
    const [guest] = loadFiles(files).draft?.lxc ?? [];
    expect(guest).toEqual({
      kind: 'lxc',
      id: 200,
      name: 'small',
      writtenAt: { file: LXC, path: '/lxc_configs/200' },
      protected: false,
      tags: [],
      description: null,
      ...valuesOf('lxc', {}),
      cores: 1,
      memory_mb: 256,
      startState: 'unmanaged',
      cloneFrom: null,
      isTemplate: false,
      templateSnapshot: null,
      dependencies: [],
      features: [],
      firewall: null,
      traefikService: null,
      healthCheck: null,
      options: {},
      pool: null,
      taskTimeoutSeconds: null,
      role: null,
      template: 'local:vztmpl/debian.tar.zst',
      ostype: null,
      storagePool: 'tank-disks',
      root: null,
      rootOptions: {},
      storageSizeGb: 4,
      networks: [],
      network: {
        name: null,
        bridge: null,
        ip: 'dhcp',
        gateway: null,
        mac: null,
        vlan: null,
        mtu: null,
        nameservers: [],
        searchdomain: null,
        filtered: null,
        gateway6: null,
        ip6: null,
        linkDown: null,
        model: null,
        none: false,
        queues: null,
        rate: null,
        trunks: [],
      },
      unprivileged: null,
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
    });
  });

  test.each([
    ['none', []],
    ['', []],
    ['0', [0]],
    ['0, 1', [0, 1]],
    ['1,0,1', [0, 1]],
    [
      [1, 0],
      [0, 1],
    ],
    [1, [1]],
  ])('GPUs %j are %j', (written, gpus) => {
    expect(lxc({ gpu_assignment: written }).gpus).toEqual(gpus);
  });

  test('raw lines are keys and values, however they are written', () => {
    const { lxcOptions } = lxc({
      lxc_options: ['lxc.mount.auto:sys:rw', 'lxc.apparmor.profile=unconfined', 'lxc.cap.drop = a=b'],
    });
    expect(lxcOptions).toEqual([
      { key: 'lxc.mount.auto', value: 'sys:rw' },
      { key: 'lxc.apparmor.profile', value: 'unconfined' },
      { key: 'lxc.cap.drop', value: 'a=b' },
    ]);
  });

  test('lists and spellings that mean the same are the same', () => {
    const guest = lxc({
      mac_address: '52:54:00:aa:bb:cc',
      tags: ['Web', 'app', 'web'],
      dependencies: ['900', 900],
      pct_options: ['nesting=1', 'keyctl=1'],
      network_config: { ip: '10.0.0.101/24', nameservers: '10.0.0.13, 10.0.0.14' },
      mount_points: [{ host_path: '/tank/certs/101/', container_path: '/srv/' }],
      firewall: { rules: [{ type: 'in', action: 'ACCEPT', proto: 'tcp', port: 80, source: '10.0.0.1 10.0.0.2' }] },
    });
    expect(guest).toMatchObject({
      tags: ['app', 'web'],
      dependencies: [900],
      network: { mac: '52:54:00:AA:BB:CC', nameservers: ['10.0.0.13', '10.0.0.14'] },
      mountPoints: [{ hostPath: '/tank/certs/101', containerPath: '/srv' }],
      firewall: {
        enabled: true,
        policyIn: 'DROP',
        policyOut: 'ACCEPT',
        rules: [{ port: '80', source: '10.0.0.1,10.0.0.2' }],
      },
    });
    expect(Object.keys(guest.pctFeatures)).toEqual(['keyctl', 'nesting']);
  });

  test('of the original environment has its role by its id, unless it or another declares one', () => {
    const files = environment();
    const entry = files[LXC].lxc_configs['101'];
    const roles = (written: Readonly<Record<number, string | undefined>>) => {
      files[LXC].lxc_configs = Object.fromEntries(
        Object.entries(written).map(([id, role]) => [id, { ...entry, role, clone_from_ctid: '900' }]),
      );
      return loadFiles(files).draft?.lxc.map((guest) => `${guest.id} ${guest.role}`);
    };
    expect(roles({ 101: undefined, 102: undefined, 103: undefined, 200: undefined })).toEqual([
      '101 gateway',
      '102 proxy',
      '103 ca',
      '200 null',
    ]);
    expect(roles({ 103: 'none', 200: 'ca' })).toEqual(['103 null', '200 ca']);
    expect(roles({ 103: undefined, 200: 'ca' })).toEqual(['103 null', '200 ca']);
  });

  test('is kept as it starts, stopped when it is only cloned from', () => {
    expect(lxc({ start_at_boot: true }).startState).toBe('running');
    expect(lxc({ start_at_boot: false }).startState).toBe('unmanaged');
    expect(lxc({ start_at_boot: false, template_snapshot_name: 'done' }).startState).toBe('stopped');
    expect(lxc({ start_at_boot: true, state: 'stopped' }).startState).toBe('stopped');
  });

  test('gets the driver of the file where it declares none, and only with the feature', () => {
    const files = environment();
    Object.assign(files[LXC], {
      nvidia_driver_version: '580.76.05',
      nvidia_repo_url: 'https://example.internal/cuda/',
    });
    Object.assign(files[LXC].lxc_configs['101'], { features: ['nvidia'], nvidia_driver_version: '570.1' });
    const { draft } = loadFiles(files);
    expect(draft?.lxc.map(({ nvidia }) => nvidia)).toEqual([
      { driverVersion: '570.1', repositoryUrl: 'https://example.internal/cuda/', runfileUrl: null },
      null,
    ]);
  });

  test('is reached by the scheme of its port, of its role, or as declared', () => {
    const scheme = (fields: object) => lxc(fields).traefikService?.scheme;
    expect(scheme({ traefik_service: { name: 'a', port: 8000 } })).toBe('http');
    expect(scheme({ traefik_service: { name: 'a', port: 443 } })).toBe('https');
    expect(scheme({ traefik_service: { name: 'a', port: 9000 }, role: 'ca' })).toBe('https');
    expect(scheme({ traefik_service: { name: 'a', port: 443, scheme: 'http' } })).toBe('http');
  });
});

describe('a VM', () => {
  test('gets undeclared values from the declared defaults, and from nowhere else', () => {
    const own = { cores: undefined, memory_mb: undefined, disk_size_gb: undefined };
    const nothing = { cores: null, memory_mb: null, diskSizeGb: null, network: { bridge: null, ip: null } };
    expect(vm({ ...own, network_config: {}, user_config: undefined })).toMatchObject({
      ...nothing,
      user: { username: null },
    });
    const defaults = { cores: 6, memory_mb: 1024, disk_size_gb: 40, network_bridge: 'vmbr1' };
    expect(vm(own, defaults)).toMatchObject({
      cores: 6,
      memory_mb: 1024,
      diskSizeGb: 40,
      network: { bridge: 'vmbr1' },
    });
    expect(vm({ cores: 3, storage_pool: 'other' }, defaults)).toMatchObject({ cores: 3, storagePool: 'other' });
  });

  test('mounts from the server of the host where it names none', () => {
    expect(vm({ volumes: [{ name: 'a', path: '/tank/a/', mount_point: '/a' }] }).volumes).toEqual([
      { name: 'a', server: '10.0.0.13', path: '/tank/a', mountPoint: '/a' },
    ]);
  });

  test('keeps secrets as references, or marked as plain', () => {
    const hash = (password_hash: unknown) => vm({ user_config: { username: 'a', password_hash } }).user.passwordHash;
    expect(hash({ $secret: 'env:HASH' })).toEqual({ $secret: 'env:HASH' });
    expect(hash('$6$x')).toEqual({ $plain: '$6$x' });
    expect([hash('NOT_SET'), hash(''), hash(undefined)]).toEqual([null, null, null]);
  });
});

describe('the host', () => {
  const host = (fields: object) => {
    const files = environment();
    Object.assign(files[HYPERVISOR], fields);
    const { draft } = loadFiles(files);
    if (draft === null) throw new Error(JSON.stringify(loadFiles(files).problems));
    return draft.hypervisor;
  };

  test('has a storage per dataset, those that are named, and those of Proxmox', () => {
    const datasets = [
      {
        name: 'vm-disks',
        pool: 'tank',
        proxmox_storage_type: 'zfspool',
        proxmox_content_type: 'images',
        properties: 'quota=1.5T',
      },
      { name: 'iso', pool: 'tank', proxmox_storage_type: 'dir', proxmox_content_type: 'vztmpl, iso' },
      { name: 'private', pool: 'tank' },
    ];
    const { storages, zfs } = host({
      zfs: { pools: [], datasets },
      proxmox_storage_ids: { tank_vm_disks: 'fast', nas: 'nas' },
    });
    expect(storages).toEqual([
      { id: 'fast', type: 'zfspool', contents: ['images'], dataset: 'tank/vm-disks', snapshots: true },
      { id: 'tank-iso', type: 'dir', contents: ['iso', 'vztmpl'], dataset: 'tank/iso', snapshots: false },
      { id: 'nas', type: null, contents: null, dataset: null, snapshots: null },
      expect.objectContaining({ id: 'local', type: 'dir' }),
      expect.objectContaining({ id: 'local-lvm', type: 'lvmthin' }),
      expect.objectContaining({ id: 'local-zfs', type: 'zfspool' }),
    ]);
    expect(zfs.datasets.map(({ quotaGb }) => quotaGb)).toEqual([1536, null, null]);
  });

  test('knows a property of ZFS by its short name, and takes it once', () => {
    const properties = (written: unknown) => ({
      zfs: { pools: [], datasets: [{ name: 'a', pool: 'tank', properties: written }] },
    });
    const short = host(properties('compress=lz4,refreserv=1G,quota=2G'));
    expect(short.zfs.datasets[0]?.properties).toEqual({ compression: 'lz4', quota: '2G', refreservation: '1G' });
    expect(short.zfs).toEqual(host(properties({ compression: 'lz4', refreservation: '1G', quota: '2G' })).zfs);
    for (const twice of ['compress=lz4,compression=zstd', { rdonly: 'on', readonly: 'off' }]) {
      const files = environment();
      Object.assign(files[HYPERVISOR], properties(twice));
      expect(loadFiles(files).problems).toContainEqual(
        expect.objectContaining({ code: 'INVALID_VALUE', path: '/zfs/datasets/0/properties' }),
      );
    }
  });

  test('gives out the addresses of its own network, unless it names another', () => {
    expect(host({}).network).toMatchObject({ subnet: '10.0.0.0/24', nfsServer: '10.0.0.13', portainerAgentPort: 9001 });
    expect(host({ network: { default_subnet: '10.1.2.3/16' } }).network.subnet).toBe('10.1.0.0/16');
    expect(host({ network: {} }).network).toMatchObject({ address: null, subnet: null, nfsServer: null });
  });

  test('deletes no more than a third at once, and does not roll back by default', () => {
    expect(host({}).behavior).toEqual({ rollbackOnFailure: false, maxDeleteShare: 0.3 });
    expect(host({ behavior: { rollback_on_failure: true, max_delete_share: 1 } }).behavior).toEqual({
      rollbackOnFailure: true,
      maxDeleteShare: 1,
      isShareWritten: true,
    });
  });
});

test('the order of names in the files does not matter', () => {
  const sound = environment();
  sound['stacks/shop/phoenix.json'].environments.testing = {
    services: { b: { traefik_labels: [] }, a: { traefik_labels: [] } },
  };
  Object.assign(sound[LXC].lxc_configs['101'], {
    pct_options: ['nesting=1'],
    traefik_service: { name: 'web', port: 80 },
  });
  const expected = asText(sound);
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
      expect(asText(shuffled(sound, numbers) as Files)).toBe(expected);
    }),
    { numRuns: 50 },
  );
});

/** The configuration, in which the order of maps counts; blob ids depend on the text. */
function asText(files: Files): string {
  const { config } = loadFiles(files);
  return JSON.stringify(config, (key, value) => {
    if (key === 'blob') return null;
    return value instanceof Map ? [...value] : value;
  });
}

function shuffled(value: unknown, numbers: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((each) => shuffled(each, numbers));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, child]) => ({ key, child: shuffled(child, numbers), rank: numbers.next().value ?? 0 }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ key, child }) => [key, child]),
  );
}
