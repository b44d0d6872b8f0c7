// Faults of the predecessor with containers and VMs, each shown to be absent: on the reference environment, with a GPU container, volumes of its own,
// and a VM without firewall and volumes.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { allTargets } from '../../src/managers/index.ts';
import type { TargetId } from '../../src/model/ids.ts';
import { VERBS } from '../../src/model/verbs.ts';
import { choose, commandPlan } from '../../src/plan/command.ts';
import { type Files, loadFiles } from '../load/environment.ts';
import { failed, HYPERVISOR, LXC, reference, type Sent, type Standing, sound, stand, VM } from './standing.ts';

const DRIVER = { nvidia_driver_version: '580.76.05', nvidia_runfile_url: 'https://drivers.example/580.76.05.run' };

const FILES = reference((files) => {
  const { 101: gateway, 102: proxy } = files[LXC].lxc_configs;
  Object.assign(files[LXC], DRIVER);
  const own = (id: number, name: string) => ({
    ...proxy,
    name,
    role: 'none',
    boot_order: 9,
    dependencies: [],
    mac_address: `52:54:00:00:0${String(id).slice(0, 1)}:${String(id).slice(1)}`,
    network_config: { ...gateway.network_config, ip: `10.0.0.${id - 700}/24` },
    firewall: { enabled: true, rules: [] },
    mount_points: [],
  });
  files[LXC].lxc_configs['910'] = {
    ...own(910, 'gpu'),
    features: ['nvidia', 'vllm'],
    gpu_assignment: '1',
    vllm_engine_config: { ModelConfig: { model: 'a/b' } },
  };
  files[LXC].lxc_configs['920'] = {
    ...own(920, 'volumes'),
    features: ['base_setup'],
    dependencies: ['102'],
    zfs_volumes: [{ name: 'data', pool: 'tank-lxc-disks', size_gb: 50, mount_point: '/data' }],
    mount_points: [{ host_path: '/tank/lxc-persistent-data/920', container_path: '/srv/shared' }],
  };
  const [, { ...server }] = files[VM].vms;
  for (const field of ['volumes', 'docker_stacks', 'traefik_service', 'features']) delete server[field];
  files[VM].vms.push({
    ...server,
    vmid: 1003,
    name: 'plain',
    boot_order: 9,
    portainer_role: 'none',
    network_config: { ...server.network_config, ip: '10.0.0.113/24' },
    firewall: { enabled: false, rules: [] },
  });
});

let standing: Standing;
let first: readonly Sent[];
beforeAll(async () => {
  standing = await stand();
  const { steps, sent } = await standing.apply(FILES);
  expect(failed(steps)).toEqual([]);
  first = sent;
}, 60_000);
afterAll(() => standing.close());

const targets = allTargets(sound(FILES));
const lines = (sent: readonly Sent[]) => sent.map(({ line }) => line);
const changed = (change: (files: Files) => void): Files => {
  const files = structuredClone(FILES);
  change(files);
  return files;
};

test('1: stopping a leaf stops nothing that it depends on', () => {
  const guests = [...targets.keys()].filter((id) => /^(lxc|vm)\//.test(id));
  const resting = new Set(['lxc/900', 'vm/9000'] as TargetId[]);
  const states = new Map(guests.map((id) => [id, resting.has(id) ? ('stopped' as const) : ('running' as const)]));
  const situation = { targets, states, resting };
  const ask = (verb: 'stop' | 'restart', target: string, cascade = false) =>
    choose({ row: VERBS[verb], targets: [target as TargetId], cascade }, situation);
  expect(ask('stop', 'lxc/920')).toEqual({ kind: 'chosen', targets: new Set(['lxc/920']) });
  expect(ask('restart', 'vm/1002')).toEqual({ kind: 'chosen', targets: new Set(['vm/1002']) });
  expect(ask('stop', 'lxc/102')).toMatchObject({ kind: 'refused', because: 'is needed' });
  const cascade = ask('stop', 'lxc/102', true);
  if (cascade.kind !== 'chosen') throw new Error('refused');
  const stopped = commandPlan(VERBS.stop, cascade.targets, situation, { to: 'x', impact: () => 'live' }).steps;
  expect(stopped.at(-1)?.target).toBe('lxc/102');
  expect(stopped.map(({ target }) => target)).not.toContain('lxc/103');
});

test('6: an existing mount or volume is not added again, nor 50 GB allocated at each converge', async () => {
  const mounts = async () => (await standing.host.read('/etc/pve/lxc/920.conf')).match(/^mp\d+: .*$/gm)?.sort();
  const before = await mounts();
  expect(before).toHaveLength(2);
  expect((await standing.again()).sent).toEqual([]);
  const { sent } = await standing.apply(
    changed((files) => {
      files[LXC].lxc_configs['920'].memory_mb = 1024;
    }),
  );
  expect(lines(sent).filter((line) => /^(pct set|pvesm alloc)/.test(line))).toHaveLength(1);
  expect(await mounts()).toEqual(before);
  await standing.apply(FILES);
});

test('7: a container with a GPU is built: no script is called with arguments that it refuses', async () => {
  const conf = await standing.host.read('/etc/pve/lxc/910.conf');
  expect(conf).toMatch(/^dev\d+: .*\/dev\/nvidia1\b/m);
  expect(conf).not.toContain('/dev/nvidia0');
  const scripts = targets.get('lxc/910' as TargetId)?.spec['scripts'] as { name: string; inputs: object }[];
  expect(scripts.map(({ name, inputs }) => [name, Object.keys(inputs)])).toEqual([
    ['nvidia', ['NVIDIA_DRIVER_VERSION', 'NVIDIA_RUNFILE_URL']],
    ['vllm', ['VLLM_ARGS', 'VLLM_MODEL']],
  ]);
  const ran = lines(first).filter((line) => line.startsWith('pct exec 910') && line.includes('sh -s'));
  expect(ran).toHaveLength(2);
});

test('8: dependants are found whether an id is written as a number or as text', () => {
  const written = (id: string | number) =>
    changed((files) => {
      files[LXC].lxc_configs['920'].dependencies = [id];
      files[VM].vms[1].clone_from_vmid = typeof id === 'string' ? '9000' : 9000;
    });
  const needs = (id: string | number) => {
    const all = allTargets(sound(written(id)));
    return ['lxc/920', 'vm/1001'].map((target) => all.get(target as TargetId)?.needs);
  };
  expect(needs('102')).toEqual(needs(102));
  expect(needs('102')).toEqual([expect.arrayContaining(['lxc/102']), expect.arrayContaining(['vm/9000'])]);
  // Nor is a guest restarted by `pct restart`, which does not exist.
  expect(lines(first).filter((line) => /^(pct|qm) restart/.test(line))).toEqual([]);
});

test('10: the firewall of a container is switched on, so that its rules filter', async () => {
  for (const id of [101, 102, 103, 1001, 1002]) {
    expect(await standing.host.read(`/etc/pve/firewall/${id}.fw`)).toMatch(/\[OPTIONS\][^[]*enable: 1/);
    const kind = id < 1000 ? 'lxc' : 'qemu-server';
    expect(await standing.host.read(`/etc/pve/${kind}/${id}.conf`)).toMatch(/^net0: .*firewall=1/m);
  }
});

test('20: a second apply of everything sends nothing, and a change is not preceded by a stop', async () => {
  const { steps, sent } = await standing.again();
  expect(sent).toEqual([]);
  expect(steps.map(({ outcome }) => outcome)).toEqual(steps.map(() => 'unchanged'));
  const more = changed((files) => {
    files[LXC].lxc_configs['920'].memory_mb = 3072;
  });
  const change = await standing.apply(more);
  expect(change.steps.map(({ target }) => target)).toEqual(['lxc/920']);
  expect(lines(change.sent).filter((line) => /shutdown|stop|reboot|rm |down/.test(line))).toEqual([]);
});

test('24: a template is a final state: it is cloned, never started, and a VM without firewall or volumes is built', async () => {
  expect(lines(first).filter((line) => /^qm (start|reboot) 9000/.test(line))).toEqual([]);
  expect(await standing.host.read('/etc/pve/qemu-server/9000.conf')).toMatch(/^template: 1$/m);
  const whole = await standing.again();
  expect(failed(whole.steps)).toEqual([]);
  expect(await standing.host.read('/etc/pve/qemu-server/1003.conf')).toMatch(/^name: plain$/m);
  expect(lines(first).filter((line) => /^qm \S+ .*--firewall/.test(line))).toEqual([]);
});

test('25: a failing health check fails the step, whatever other features exist, and none is skipped because of its name', async () => {
  const other = (name: string, value: unknown) =>
    loadFiles(
      changed((files) => {
        files[LXC].lxc_configs['910'][name] = value;
      }),
    );
  const old = other('health_checks', [{ command: 'nvidia-smi' }]);
  expect(old.config?.guests.get(910)?.healthCheck).toMatchObject({ argv: ['nvidia-smi'] });
  expect(old.problems).toContainEqual(
    expect.objectContaining({ code: 'LEGACY_SHAPE', hint: 'Write "health_check" with the one check.' }),
  );
  expect(other('health_cheks', []).problems).toContainEqual(expect.objectContaining({ code: 'UNKNOWN_KEY' }));
  const checked = changed((files) => {
    files[LXC].lxc_configs['910'].health_check = { command: 'nvidia-smi', retries: 1, interval: 0 };
  });
  const orders = (guests: object[]) => standing.host.write('/lab.json', JSON.stringify({ guests }));
  await orders([{ id: 910, match: '^nvidia-smi', rc: 9, stderr: 'no devices were found\n' }]);
  // Declaring a check does not run it: the guest has to change.
  checked[LXC].lxc_configs['910'].cores = 3;
  const { steps } = await standing.apply(checked);
  expect(failed(steps)).toEqual([expect.stringMatching(/^lxc\/910: .*no devices were found/)]);
  await orders([]);
});

test('4: a dry run prints what it would do, and changes nothing', async () => {
  const other = changed((files) => {
    files[LXC].lxc_configs['102'].memory_mb = 4096;
    files[LXC].lxc_configs['930'] = {
      ...files[LXC].lxc_configs['920'],
      name: 'new',
      zfs_volumes: [],
      mount_points: [],
    };
    files[LXC].lxc_configs['930'].mac_address = '52:54:00:00:09:30';
    files[LXC].lxc_configs['930'].network_config = {
      ...files[LXC].lxc_configs['930'].network_config,
      ip: '10.0.0.230/24',
    };
    files[HYPERVISOR].timezone = 'Europe/Vienna';
  });
  const before = standing.footprint();
  const said = await standing.would(other);
  expect(said).toEqual(
    expect.arrayContaining(['set memory of container 102 to 4096 MB', expect.stringMatching(/^clone container 900/)]),
  );
  const after = standing.footprint();
  expect([...after].filter(([path, state]) => before.get(path) !== state && !/calls\.jsonl$/.test(path))).toEqual([]);
});
