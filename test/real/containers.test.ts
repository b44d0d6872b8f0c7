// Guests that Phoenix creates as real containers. Skipped where the machine cannot; test/README.md says what it needs.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as managers from '../../src/managers/index.ts';
import { type Phoenix, startPhoenix } from '../support/agent/phoenix.ts';
import { environment } from '../support/environment.ts';
import { type Lab, labHost } from '../support/host/lab.ts';
import { LACKING, openRealContainers, type RealContainers, TEMPLATE } from '../support/host/real-containers.ts';
import { findProgram } from '../support/programs.ts';
import { until } from '../support/until.ts';

const STEP = ['step', 'step-ca'].map((name) =>
  findProgram(name, `PHOENIX_TEST_${name.replace('-', '_').toUpperCase()}`),
);
const WITHOUT = LACKING ?? (STEP.includes(undefined) ? 'no step and step-ca' : null);

let containers: RealContainers;
let lab: Lab;
const pct: RealContainers['pct'] = (...args) => containers.pct(...args);

beforeAll(async () => {
  if (WITHOUT !== null) return;
  containers = await openRealContainers();
  lab = containers.lab;
}, 60_000);
afterAll(() => containers?.close(101, 103));

const CERTIFICATE = {
  common_name: 'nginx.example.internal',
  sans: ['nginx.example.internal', 'ca.example.internal'],
  cert_path: '/tank/101/ssl/nginx.crt',
  key_path: '/tank/101/ssl/nginx.key',
  owner: 'root:root',
  permissions: '640',
  post_renewal_command: 'pct exec 101 -- systemctl reload nginx',
};

describe.skipIf(WITHOUT !== null)(
  `Phoenix on real containers${WITHOUT === null ? '' : ` (skipped: ${WITHOUT})`}`,
  () => {
    let phoenix: Phoenix;
    afterAll(() => phoenix?.stop());

    test('an authority, a gateway and its certificate come up for real, and a second time nothing is done', async () => {
      // Not every machine can reach the packages of Smallstep: installed programs are not downloaded.
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
