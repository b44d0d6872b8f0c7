// `phoenix import` and `phoenix plan --host` on a home lab that was made by hand, from the front door.

import { execFile } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { createLab } from 'phoenix-lab/host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planHost } from '../../../src/cli/host/plan-host.ts';
import { type ImportArgs, importHost } from '../../../src/cli/import/import.ts';
import { validate } from '../../../src/cli/validate.ts';
import { LONG_TEST } from '../../support/long.ts';
import { captured } from '../captured.ts';

let folder: string;
let lab: string;
let out: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-import-'));
  lab = join(folder, 'pve');
  out = join(folder, 'home');
  createLab(lab);
  const script = new URL('./home-lab.sh', import.meta.url).pathname;
  const PATH = [join(lab, 'bin'), process.env['PATH']].join(delimiter);
  await promisify(execFile)('sh', [script], { env: { ...process.env, PATH } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bringIn(args: Partial<ImportArgs> = {}) {
  const said = await captured((io) => importHost({ host: 'local', out, json: true, ...args }, io), {
    PHOENIX_LAB: lab,
  });
  return { ...said, answer: said.out === '' ? null : JSON.parse(said.out) };
}

async function compared(path: string) {
  const said = await captured((io) => planHost({ path, host: 'local', json: true }, io), { PHOENIX_LAB: lab });
  return { exit: said.exit, ...JSON.parse(said.out) };
}

const GUESTS = ['lxc/110', 'lxc/111', 'lxc/112', 'lxc/113', 'vm/210', 'vm/211', 'vm/212'];

describe('a home lab', () => {
  test('becomes a repository that validates, and of which nothing would change', async () => {
    const { answer, err } = await bringIn();
    expect(err).toBe('');
    expect(answer.files).toEqual([
      '.gitattributes',
      '.github/workflows/phoenix.yml',
      'README.md',
      'etc/phoenix_datacenter_config.json',
      'etc/phoenix_hypervisor_config.json',
      'etc/phoenix_lxc_configs.json',
      'etc/phoenix_vm_configs.json',
      'etc/schemas/phoenix_datacenter_config.schema.json',
      'etc/schemas/phoenix_hypervisor_config.schema.json',
      'etc/schemas/phoenix_lxc_configs.schema.json',
      'etc/schemas/phoenix_vm_configs.schema.json',
    ]);
    const checked = await captured((io) => validate({ path: out, json: true }, io));
    expect(JSON.parse(checked.out)).toMatchObject({ ok: true, counts: { error: 0 } });
    expect(await compared(out)).toMatchObject({
      exit: 0,
      host: 'local',
      ok: true,
      steps: [],
      summary: { create: 0, update: 0, delete: 0 },
      marks: GUESTS,
      unknown: [],
      undeclared: [],
    });
  });

  test('is written as people would: without the defaults of a new guest, except for the bridge', async () => {
    const { lxc_configs: containers } = JSON.parse(await readFile(join(out, 'etc/phoenix_lxc_configs.json'), 'utf8'));
    expect(containers).toEqual({
      110: {
        name: 'pihole',
        template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
        cores: 1,
        memory_mb: 512,
        start_at_boot: true,
        storage_pool: 'local-lvm',
        storage_size_gb: 4,
        network_config: { bridge: 'vmbr0', ip: '10.0.0.110/24', gw: '10.0.0.1' },
      },
      111: {
        name: 'proxy',
        template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
        memory_mb: 1024,
        tags: ['community-script', 'web'],
        storage_pool: 'local-lvm',
        storage_size_gb: 4,
        network_config: { bridge: 'vmbr0', ip: 'dhcp' },
        pct_options: ['nesting=1'],
      },
      112: {
        name: 'jellyfin',
        template: 'local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst',
        cores: 4,
        memory_mb: 2048,
        swap_mb: 1024,
        storage_pool: 'local-lvm',
        storage_size_gb: 8,
        unprivileged: false,
        network_config: { bridge: 'vmbr0', ip: '10.0.0.112/24', gw: '10.0.0.1', vlan: 30 },
        mount_points: [{ host_path: '/mnt/films', container_path: '/films', read_only: true }],
        zfs_volumes: [{ name: 'config', pool: 'rpool', size_gb: 16, mount_point: '/config' }],
      },
      113: {
        name: 'mail',
        description: 'Ask Kim before you touch it',
        template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
        memory_mb: 1024,
        storage_pool: 'rpool',
        storage_size_gb: 8,
        network_config: { bridge: 'vmbr1', ip: '10.1.0.13/24', nameservers: '9.9.9.9' },
      },
    });
  });

  test('has the drives of its VMs, and none is created from an unknown image', async () => {
    const { vms } = JSON.parse(await readFile(join(out, 'etc/phoenix_vm_configs.json'), 'utf8'));
    expect(vms).toMatchObject([
      { vmid: 210, empty: true, storage_pool: 'local-lvm', disk_size_gb: 32, efi_disk: {}, guest_agent: true },
      { vmid: 211, empty: true, storage_pool: 'rpool', disk_size_gb: 32, cloud_init: true },
      {
        vmid: 212,
        empty: true,
        storage_pool: 'local-lvm',
        disk_size_gb: 64,
        root_disk: { bus: 'sata0' },
        disks: [{ bus: 'sata1', storage: 'rpool', size_gb: 128, ssd: true, backup: false }],
        efi_disk: { pre_enrolled_keys: true },
        tpm: {},
      },
    ]);
    expect(vms.map((vm: object) => 'template_image' in vm)).toEqual([false, false, false]);
  });

  test('leaves nothing without a field', async () => {
    const { answer, exit } = await bringIn({ out: join(folder, 'whole') });
    expect([exit, answer.left]).toEqual([0, []]);
  });

  test('costs a constant number of commands, and is the same a second time', LONG_TEST, async () => {
    const [once, again] = [join(folder, 'once'), join(folder, 'again')];
    const { answer } = await bringIn({ out: once });
    // Guests, their templates and the clock.
    expect((await bringIn({ out: again })).answer.commands).toBe(4);
    expect((await compared(once)).commands).toBe(4);
    const filesIn = (dir: string) => Promise.all(answer.files.map((path: string) => readFile(join(dir, path), 'utf8')));
    expect(await filesIn(again)).toEqual(await filesIn(once));
  });

  test('can be brought in kind by kind', async () => {
    const { answer } = await bringIn({ out: join(folder, 'containers'), only: ['lxc'] });
    expect(answer.files).not.toContain('etc/phoenix_vm_configs.json');
    const { undeclared } = await compared(join(folder, 'containers'));
    expect(undeclared).toContainEqual({ object: 'vm/211', name: 'dev' });
  });
});

test('secrets are named by references, with what to put where, and none of them is read', async () => {
  const node = join(folder, 'secrets-pve');
  createLab(node);
  await appendFile(
    join(node, 'etc/pve/storage.cfg'),
    '\ncifs: share\n\tserver 10.0.0.9\n\tshare vm\n\tusername pve\n\tcontent backup\n',
  );
  await mkdir(join(node, 'etc/pve/priv/storage'), { recursive: true });
  await writeFile(join(node, 'etc/pve/priv/storage/share.pw'), 'password=hunter2\n');
  const path = join(folder, 'secrets');
  const io = { PHOENIX_LAB: node, PHOENIX_SECRETS_DIR: '/srv/secrets' };
  const said = await captured((each) => importHost({ host: 'local', out: path, json: true }, each), io);
  const { secrets, left, files } = JSON.parse(said.out);
  expect([said.exit, left]).toEqual([0, []]);
  const file = 'etc/phoenix_datacenter_config.json';
  const lines = (await readFile(join(path, file), 'utf8')).split('\n');
  const line = lines.findIndex((text) => text.includes('storage-share.password')) + 1;
  expect(secrets).toEqual([
    {
      reference: 'file:/srv/secrets/storage-share.password',
      for: 'storage/share password',
      put: 'Password that the server is asked with',
      file,
      path: '/storages/share/password',
      line: line - 1,
    },
  ]);
  const readme = await readFile(join(path, 'README.md'), 'utf8');
  expect(readme).toContain(
    '- `/srv/secrets/storage-share.password`: Password that the server is asked with, for storage/share password',
  );
  const texts = await Promise.all(files.map((name: string) => readFile(join(path, name), 'utf8')));
  expect(`${said.out}${said.err}${texts.join('')}`).not.toContain('hunter2');
  const plan = await captured((each) => planHost({ path, host: 'local', json: true }, each), io);
  expect(JSON.parse(plan.out)).toMatchObject({ ok: true, steps: [], marks: ['storage/share'], unknown: [] });
});

describe('what is refused', () => {
  test('a folder that holds something is left as it is', async () => {
    const said = await bringIn();
    expect(said).toMatchObject({ exit: 2, out: '' });
    expect(said.err).toContain('is not empty');
    expect(said.err).toContain('nothing is ever written over');
  });

  test('an unknown kind is refused with the nearest one', async () => {
    const said = await bringIn({ out: join(folder, 'none'), only: ['lcx'] });
    expect(said).toMatchObject({ exit: 2, out: '' });
    expect(said.err).toContain('Did you mean "lxc"?');
  });

  test('an invalid host name is refused with the correct form', async () => {
    const asked = captured((io) => importHost({ host: 'pve.example', out: join(folder, 'none') }, io), {});
    await expect(asked).rejects.toMatchObject({ hint: expect.stringContaining('ssh://root@') });
  });
});

describe('a configuration that differs from the host', () => {
  test('is planned field by field, with observed and declared values', LONG_TEST, async () => {
    const path = join(folder, 'changed');
    await bringIn({ out: path });
    const file = join(path, 'etc/phoenix_lxc_configs.json');
    const written = JSON.parse(await readFile(file, 'utf8'));
    const { 110: pihole, 113: mail } = written.lxc_configs;
    pihole.memory_mb = 1024;
    pihole.network_config.vlan = 20;
    mail.storage_pool = 'local-lvm';
    written.lxc_configs[120] = { ...pihole, name: 'new', network_config: { ip: '10.0.0.120/24', gw: '10.0.0.1' } };
    delete written.lxc_configs[111];
    await writeFile(file, JSON.stringify(written));
    const host = join(path, 'etc/phoenix_hypervisor_config.json');
    const dns = { dns_server: { enabled: true, upstream_servers: ['9.9.9.9'] } };
    await writeFile(host, JSON.stringify({ ...JSON.parse(await readFile(host, 'utf8')), ...dns }));
    const plan = await compared(path);
    expect(plan).toMatchObject({ exit: 0, ok: true, summary: { create: 2, update: 2, delete: 0 } });
    const lxc = 'etc/phoenix_lxc_configs.json';
    expect(plan.steps).toMatchObject([
      { target: 'hypervisor/dns', verb: 'create' },
      {
        target: 'lxc/110',
        name: 'pihole',
        verb: 'update',
        impact: 'live',
        changes: [
          { file: lxc, path: '/lxc_configs/110/memory_mb', before: 512, after: 1024 },
          { file: lxc, path: '/lxc_configs/110/network_config/vlan', before: null, after: 20 },
        ],
        actions: ['set memory, network interface of container 110'],
      },
      {
        target: 'lxc/113',
        verb: 'update',
        impact: 'recreate',
        approval: true,
        changes: [{ file: lxc, path: '/lxc_configs/113/storage_pool', before: 'rpool', after: 'local-lvm' }],
      },
      { target: 'lxc/120', verb: 'create', impact: 'live' },
    ]);
    expect(plan.undeclared).toContainEqual({ object: 'lxc/111', name: 'proxy' });
  });

  test('is not compared while it has errors', async () => {
    const path = join(folder, 'wrong');
    await bringIn({ out: path });
    const file = join(path, 'etc/phoenix_vm_configs.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"memory_mb": 8192', '"memory_mb": "lots"'));
    const plan = await compared(path);
    expect(plan).toMatchObject({ exit: 1, ok: false, steps: [], commands: 0 });
    expect(plan.problems).toContainEqual(expect.objectContaining({ code: 'INVALID_VALUE' }));
  });
});
