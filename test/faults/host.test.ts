// Faults of the predecessor with its host and the secrets on it, each shown to be absent: on the reference environment, beside storages that people
// created.

import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allTargets, managerOf } from '../../src/managers/index.ts';
import { kindOf, type TargetId } from '../../src/model/ids.ts';
import { parseSections } from '../../src/proxmox/files/section-config.ts';
import { type Files, loadFiles } from '../load/environment.ts';
import {
  CERTIFICATES,
  failed,
  HYPERVISOR,
  LXC,
  reference,
  type Sent,
  type Standing,
  sound,
  stand,
} from './standing.ts';

const FOREIGN = '\nnfs: archive\n\tpath /mnt/pve/archive\n\tserver 10.0.0.7\n\texport /archive\n\tcontent backup\n';

let standing: Standing;
let first: readonly Sent[];
beforeAll(async () => {
  standing = await stand();
  const storages = await standing.host.read('/etc/pve/storage.cfg');
  await standing.host.write('/etc/pve/storage.cfg', storages + FOREIGN);
  const { steps, sent } = await standing.apply(reference());
  expect(failed(steps)).toEqual([]);
  first = sent;
}, 60_000);
afterAll(() => standing.close());

const codes = (files: Files, strict = false) =>
  loadFiles(files, { strictSecrets: strict }).problems.map(({ severity, code, path }) => `${severity} ${code} ${path}`);

/** Files of the host below a folder, by path. */
function below(folder: string): string[] {
  return readdirSync(join(standing.host.dir, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => lstatSync(join(standing.host.dir, path)).isFile());
}

const modeOf = (path: string) => lstatSync(join(standing.host.dir, path)).mode & 0o777;
const textOf = (path: string) => readFileSync(join(standing.host.dir, path), 'utf8');

test('2: no key of the configuration lets a push wipe disks, and nothing that is sent does', () => {
  const files = reference((all) => {
    all[HYPERVISOR].zfs.settings = { allow_destructive_operations: true };
  });
  expect(codes(files)).toEqual(['error DESTRUCTIVE /zfs/settings/allow_destructive_operations']);
  const wiping = /wipefs|sgdisk|zpool (create|destroy|labelclear)|zfs destroy|mkfs|\bdd\b/;
  expect(first.filter(({ line }) => wiping.test(line))).toEqual([]);
});

test('3: the keys and passwords of the authority are unreadable for others, and in no shared folder', () => {
  expect(first.filter(({ line }) => /chmod|777/.test(line) && /777|a\+rwx|o\+w/.test(line))).toEqual([]);
  const published = below('/tank/lxc-persistent-data/103');
  expect(published).toEqual(['/tank/lxc-persistent-data/103/ssl/root_ca.crt']);
  for (const path of below('/tank')) {
    expect(path).not.toMatch(/password/);
    if (!textOf(path).includes('PRIVATE KEY')) continue;
    expect(modeOf(path) & 0o137, path).toBe(0);
  }
  const shared = reference((all) => {
    const [mount] = all[LXC].lxc_configs['103'].mount_points;
    all[LXC].lxc_configs['102'].mount_points.push({ ...mount, container_path: '/etc/ca' });
  });
  expect(codes(shared)).toEqual(['warning SHARED_SECRET_PATH /lxc_configs/102/mount_points/1/host_path']);
});

test('5: a secret in the configuration is reported, and one on the node appears in no argument, request or guest in plain text', () => {
  const plain = reference((all) => {
    all[HYPERVISOR].portainer_api.admin_password = 'correct horse';
  });
  expect(codes(plain)).toEqual(['warning PLAINTEXT_SECRET /portainer_api/admin_password']);
  expect(codes(plain, true)).toEqual(['error PLAINTEXT_SECRET /portainer_api/admin_password']);
  expect(JSON.stringify([...allTargets(sound(plain)).values()])).not.toContain('correct horse');
  const secrets = ['phoenix_admin.hash', 'portainer_admin.password'].map((name) =>
    textOf(`/etc/phoenix/secrets/${name}`).trim(),
  );
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10);
    expect(first.filter(({ line }) => line.includes(secret))).toEqual([]);
  }
  expect(standing.host.inputs.filter((text) => /lxc_configs|vm_defaults|portainer_api/.test(text))).toEqual([]);
});

test('9: the firewall is never without rules: a change is one file put in the place of another, an equal one is not touched', async () => {
  const files = reference((all) => {
    all[HYPERVISOR].firewall.global_firewall_rules.push({
      ...all[HYPERVISOR].firewall.global_firewall_rules[0],
      port: '2222',
      comment: 'Another way in',
    });
    all[LXC].lxc_configs['103'].firewall.rules[0].port = '9000,9001';
  });
  const { steps, sent } = await standing.apply(files);
  expect(failed(steps)).toEqual([]);
  const lines = sent.map(({ line }) => line).filter((line) => /firewall|\.fw/.test(line));
  expect(lines.filter((line) => /^write .*(cluster|host)\.fw$/.test(line))).toHaveLength(1);
  expect(lines.filter((line) => line === 'write /etc/pve/firewall/103.fw')).toHaveLength(1);
  expect(lines.filter((line) => /pvesh (create|delete|set)|restart|\b(101|102|1001|1002)\.fw/.test(line))).toEqual([]);
  const refused = reference((all) => {
    all[HYPERVISOR].firewall.global_firewall_rules = [{ type: 'in', action: 'ACCEPT', proto: 'tcp', port: '1-2-3' }];
  });
  expect(codes(refused)).toContain('error BAD_RULE /firewall/global_firewall_rules/0/port');
  const locked = reference((all) => {
    all[HYPERVISOR].firewall.global_firewall_rules = [{ type: 'in', action: 'DROP', proto: 'tcp', port: '22' }];
  });
  expect(codes(locked).filter((code) => code.includes('LOCKOUT'))).not.toEqual([]);
});

test('11: what opens a port of a guest opens none of the host', async () => {
  const own = ['/etc/pve/firewall/cluster.fw', '/etc/pve/local/host.fw'];
  const host = (await Promise.all(own.map((path) => standing.host.read(path)))).join('\n');
  const guest = await standing.host.read('/etc/pve/firewall/1002.fw');
  for (const port of ['9001', '6333']) {
    expect(guest).toMatch(new RegExp(`-dport ${port}\\b`));
    expect(host).not.toMatch(new RegExp(`-dport (\\d+,)*${port}\\b`));
  }
});

test('13, 14: one writer for each file of a certificate, in a folder that its guest sees', () => {
  const twice = reference((all) => {
    const [certificate] = all[CERTIFICATES];
    all[CERTIFICATES].push({ ...certificate, common_name: 'other.example.internal', sans: [] });
  });
  expect(codes(twice)).toContain('error CERTIFICATE_PATH /3/cert_path');
  const elsewhere = reference((all) => {
    all[CERTIFICATES][1].cert_path = '/mnt/pve/tank/vm-persistent-data/1001/certs/portainer.crt';
  });
  expect(codes(elsewhere)).toEqual(['error CERTIFICATE_PATH /1/cert_path']);
});

test('21: no text of the configuration is ever run by a shell', () => {
  const hook = reference((all) => {
    all[CERTIFICATES][2].post_renewal_command = "pct exec 102 -- /bin/bash -c 'systemctl reload traefik; rm -rf /'";
  });
  expect(loadFiles(hook).problems).toMatchObject([
    {
      code: 'UNKNOWN_HOOK',
      hint: 'Write "post_renewal": {"kind": "reload-service", "guest": 102, "unit": "traefik"} instead.',
    },
  ]);
  const words = ['curl', 'http://localhost/;', 'rm', '-rf', '$HOME', '`id`'];
  const checked = reference((all) => {
    all[LXC].lxc_configs['102'].health_check = { command: words.join(' ') };
  });
  const target = allTargets(sound(checked)).get('lxc/102' as TargetId);
  const probe = managerOf(kindOf('lxc/102' as TargetId)).health({
    target: 'lxc/102' as TargetId,
    spec: target?.spec,
    before: undefined,
    origin: { repository: 'r', commit: 'c' },
    approved: false,
    protected: false,
  });
  expect(probe?.command).toMatchObject({ program: 'pct', args: expect.arrayContaining(['--', ...words]) });
});

test('22: storages, exports and names that are not in the configuration stay', async () => {
  // Proxmox has its own order of the options of a section.
  const [archive] = parseSections(FOREIGN).values();
  const kept = async () => parseSections(await standing.host.read('/etc/pve/storage.cfg')).get('archive');
  expect(await kept()).toEqual(archive);
  const { sent } = await standing.again();
  expect(sent.filter(({ line }) => /pvesm remove|rm /.test(line))).toEqual([]);
  expect(first.filter(({ line }) => /pvesm remove|dnsmasq\.d\/\*/.test(line))).toEqual([]);
  expect(await kept()).toEqual(archive);
});
