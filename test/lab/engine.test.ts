// Containers that are run for real: what `pct` does to them, and what Phoenix brings up in them. Skipped where the machine cannot:
// it takes root, Debian's `lxc`, and a Debian 12 as a tar archive; test/README.md says how to come by one.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labNetwork } from '../../src/lab/network/network.ts';
import * as managers from '../../src/managers/index.ts';
import { environment } from '../support/environment.ts';
import { type Lab, labHost, openLab } from '../support/lab.ts';
import { type Phoenix, startPhoenix } from '../support/phoenix.ts';
import { findProgram, findRootfs } from '../support/programs.ts';
import { until } from '../support/until.ts';

const ROOTFS = findRootfs();
const STEP = ['step', 'step-ca'].map((name) =>
  findProgram(name, `PHOENIX_TEST_${name.replace('-', '_').toUpperCase()}`),
);
const LACKING =
  process.getuid?.() !== 0
    ? 'not root'
    : findProgram('lxc-start', 'PHOENIX_TEST_LXC_START') === undefined
      ? 'no lxc'
      : ROOTFS === undefined || !existsSync(ROOTFS)
        ? 'no Debian 12'
        : null;
const TEMPLATE = 'ubuntu-24.04-standard_24.04-2_amd64.tar.zst';

let lab: Lab;
beforeAll(async () => {
  if (LACKING !== null) return;
  lab = await openLab();
  writeFileSync(join(lab.folder, 'lab.json'), JSON.stringify({ engine: 'lxc' }));
  copyFileSync(ROOTFS ?? '', join(lab.folder, 'var/lib/vz/template/cache', TEMPLATE));
}, 60_000);
afterAll(async () => {
  if (LACKING !== null) return;
  for (const id of [101, 103, 105, 106]) pct('stop', String(id));
  await lab.close();
});

function pct(...args: readonly string[]) {
  return pctWith('', ...args);
}

function pctWith(input: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(join(lab.folder, 'bin/pct'), args, {
    input,
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { exit: status, stdout, stderr };
}

describe.skipIf(LACKING !== null)(
  `pct on real containers${LACKING === null ? '' : ` (skipped: ${LACKING})`}`,
  { timeout: 120_000 },
  () => {
    const create = (id: number, ...more: readonly string[]) =>
      pct(
        ...['create', String(id), `local:vztmpl/${TEMPLATE}`, '--rootfs', 'local-lvm:4', '--hostname', `ct${id}`],
        ...['--net0', `name=eth0,bridge=vmbr0,ip=10.0.0.${id}/24,gw=10.0.0.1`, ...more],
      );

    test('a container starts, runs what it is told, and takes files', async () => {
      mkdirSync(join(lab.folder, 'tank/data'), { recursive: true });
      expect(create(105, '--mp0', '/tank/data,mp=/data')).toMatchObject({ exit: 0 });
      expect(pct('exec', '105', '--', 'true').stderr).toContain("container '105' not running!");
      expect(pct('start', '105')).toMatchObject({ exit: 0 });
      expect(pct('exec', '105', '--', 'sh', '-c', 'hostname; exit 7')).toMatchObject({ exit: 7, stdout: 'ct105\n' });
      expect(pctWith('from outside', 'exec', '105', '--', 'cat').stdout).toBe('from outside');
      expect(pct('exec', '105', '--', 'sh', '-c', 'echo inside > /data/seen').exit).toBe(0);
      expect(readFileSync(join(lab.folder, 'tank/data/seen'), 'utf8')).toBe('inside\n');
      const folder = mkdtempSync(join(tmpdir(), 'phoenix-push-'));
      writeFileSync(join(folder, 'script'), '#!/bin/sh\necho "ran $1"\n');
      expect(pct('push', '105', join(folder, 'script'), '/root/script', '--perms', '755').exit).toBe(0);
      expect(pct('exec', '105', '--', '/root/script', 'well').stdout).toBe('ran well\n');
      expect(pct('pull', '105', '/etc/hostname', join(folder, 'name')).exit).toBe(0);
      expect(readFileSync(join(folder, 'name'), 'utf8')).toBe('ct105\n');
      rmSync(folder, { recursive: true });
      expect(pct('exec', '105', '--', 'systemctl', 'is-system-running', '--wait').stdout).toBe('running\n');
    });

    test('containers reach one another, and the lab’s network reaches them', async () => {
      expect(create(106).exit).toBe(0);
      expect(pct('start', '106').exit).toBe(0);
      const reach = pct('exec', '106', '--', 'curl', '-sS', '--max-time', '5', 'http://10.0.0.105:1/');
      expect(reach.stderr).toMatch(/refused|Couldn't connect|Failed to connect/);
      await expect(labNetwork(lab.folder).dial('10.0.0.105', 1)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      expect(pct('shutdown', '106').exit).toBe(0);
      await expect(labNetwork(lab.folder).dial('10.0.0.106', 1)).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
      expect(pct('destroy', '106').exit).toBe(0);
      expect(existsSync(join(lab.folder, 'guests/106'))).toBe(false);
    });

    test('a snapshot brings the files back as they were, and what is destroyed leaves nothing', () => {
      expect(pct('exec', '105', '--', 'sh', '-c', 'echo first > /root/state').exit).toBe(0);
      expect(pct('stop', '105').exit).toBe(0);
      expect(pct('set', '105', '--delete', 'mp0').exit).toBe(0);
      expect(pct('snapshot', '105', 'before').exit).toBe(0);
      expect(pct('start', '105').exit).toBe(0);
      expect(pct('exec', '105', '--', 'sh', '-c', 'echo second > /root/state; rm /etc/hostname').exit).toBe(0);
      expect(pct('rollback', '105', 'before', '--start', '1')).toMatchObject({ exit: 0 });
      expect(pct('exec', '105', '--', 'cat', '/root/state').stdout).toBe('first\n');
      expect(pct('stop', '105').exit).toBe(0);
      expect(pct('destroy', '105').exit).toBe(0);
      const left = spawnSync('ip', ['netns'], { encoding: 'utf8' }).stdout;
      expect(left).not.toContain('phx');
    });
  },
);

const CERTIFICATE = {
  common_name: 'nginx.example.internal',
  sans: ['nginx.example.internal', 'ca.example.internal'],
  cert_path: '/tank/101/ssl/nginx.crt',
  key_path: '/tank/101/ssl/nginx.key',
  owner: 'root:root',
  permissions: '640',
  post_renewal_command: 'pct exec 101 -- systemctl reload nginx',
};
const lackingStep = LACKING ?? (STEP.includes(undefined) ? 'no step and step-ca' : null);

describe.skipIf(lackingStep !== null)(
  `Phoenix on them${lackingStep === null ? '' : ` (skipped: ${lackingStep})`}`,
  () => {
    let phoenix: Phoenix;
    afterAll(() => phoenix?.stop());

    test('an authority, a gateway and its certificate come up for real, and a second time nothing is done', async () => {
      // The packages of Smallstep lie where not every machine gets at them: what is installed already is not fetched.
      const extra = join(lab.folder, 'extra/usr/local/bin');
      mkdirSync(extra, { recursive: true });
      for (const [index, name] of ['step', 'step-ca'].entries()) {
        copyFileSync(STEP[index] ?? '', join(extra, name));
        chmodSync(join(extra, name), 0o755);
      }
      const template = join(lab.folder, 'var/lib/vz/template/cache', TEMPLATE);
      spawnSync('tar', ['-rf', template, '-C', join(lab.folder, 'extra'), './usr/local/bin']);

      const mount = (host_path: string, container_path: string) => ({ host_path, container_path, owner_uid: 0 });
      const files = {
        ...environment(
          {
            103: {
              name: 'authority',
              role: 'ca',
              features: ['step_ca'],
              mount_points: [mount('/tank/103/ssl', '/etc/step-ca/ssl')],
            },
            101: {
              name: 'gateway',
              role: 'gateway',
              features: ['trusted_ca', 'step_cli', 'nginx_gateway'],
              dependencies: [103],
              traefik_service: { name: 'nginx', port: 443 },
              mount_points: [mount('/tank/101/ssl', '/etc/nginx/ssl')],
            },
          },
          {
            step_ca: {
              root_ca_name: 'Test',
              intermediate_ca_name: 'Test',
              dns_name: 'ca.example.internal',
              provisioner_name: 'admin@example.internal',
            },
          },
        ),
        'etc/certificate-manifest.json': JSON.stringify([CERTIFICATE]),
      };
      phoenix = await startPhoenix({ host: labHost(lab.folder), managers });
      const commit = await phoenix.repo.commit(files);
      await phoenix.repo.push();
      const answer = () => phoenix.statuses(commit)['phoenix/apply'] ?? '';
      await until(() => /^(success|failure)/.test(answer()), 'the answer', 200);
      expect(answer()).toMatch(/^success/);

      const asked = pct(
        'exec',
        '101',
        '--',
        'curl',
        '-sS',
        '--resolve',
        'nginx.example.internal:443:10.0.0.101',
        'https://nginx.example.internal/',
      );
      expect(asked).toMatchObject({ exit: 0, stdout: 'The gateway of example.internal' });
      expect(pct('exec', '101', '--', 'step', 'ca', 'health').stdout).toContain('ok');
      const run = await phoenix.agent().replay({ commit, by: 'ann' });
      await phoenix.reached(run, 'succeeded');
      const [replayed] = await phoenix.ledger.runs(1);
      expect(new Set(replayed?.steps.map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']));
    }, 240_000);
  },
);
