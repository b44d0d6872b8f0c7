// Containers that are run for real: what `pct` does to them. Skipped where the machine cannot; test/README.md says what it takes.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lab } from '../../test/support/host/lab.ts';
import { LACKING, openRealContainers, type RealContainers, TEMPLATE } from '../../test/support/host/real-containers.ts';
import { labNetwork } from '../src/network/network.ts';

let containers: RealContainers;
let lab: Lab;
const pct: RealContainers['pct'] = (...args) => containers.pct(...args);
const pctWith: RealContainers['pctWith'] = (...args) => containers.pctWith(...args);
beforeAll(async () => {
  if (LACKING !== null) return;
  containers = await openRealContainers();
  lab = containers.lab;
}, 60_000);
afterAll(() => containers?.close(105, 106));

describe.skipIf(LACKING !== null)(
  `pct on real containers${LACKING === null ? '' : ` (skipped: ${LACKING})`}`,
  { timeout: 120_000 },
  () => {
    const create = (id: number, ...more: readonly string[]) =>
      pct(
        ...['create', String(id), `local:vztmpl/${TEMPLATE}`, '--rootfs', 'local-lvm:4', '--hostname', `ct${id}`],
        ...['--net0', `name=eth0,bridge=vmbr0,ip=10.0.0.${id}/24,gw=10.0.0.1`, ...more],
      );

    test('a container starts, runs commands, and receives files', async () => {
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
