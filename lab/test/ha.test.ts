// Guests that HA manages in a lab: Proxmox's programs ask HA for a start or a stop and end before it is done.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLab, setGuestState } from '../host.ts';
import { runnerHere } from './run-here.ts';

let dir = '';
const RESOURCES = 'etc/pve/ha/resources.cfg';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-ha-'));
  createLab(dir, { programs: false });
  mkdirSync(join(dir, 'etc/pve/ha'), { recursive: true });
  writeFileSync(join(dir, RESOURCES), 'ct: 101\n\nvm: 201\n\tstate started\n\nct: 102\n\tstate ignored\n\n');
  for (const id of [101, 102]) {
    const options = 'arch: amd64\nhostname: one\nmemory: 512\nostype: debian\nrootfs: local-lvm:4,size=4G\n';
    writeFileSync(join(dir, `etc/pve/lxc/${id}.conf`), options);
  }
  writeFileSync(join(dir, 'etc/pve/qemu-server/201.conf'), 'memory: 512\nname: one\n');
  haTakes(600_000);
});
afterEach(() => rmSync(dir, { recursive: true }));

const haTakes = (haDelayMs: number) => writeFileSync(join(dir, 'lab.json'), JSON.stringify({ haDelayMs }));

const run = (line: string) => runnerHere(dir)(line.split(' '));
const resources = () => readFileSync(join(dir, RESOURCES), 'utf8');

test('a container is stopped by HA later, and its state with it', async () => {
  setGuestState(dir, 101, 'running');
  expect(await run('pct shutdown 101')).toEqual({ exit: 0, stdout: 'Requesting HA stop for CT 101\n', stderr: '' });
  expect(await run('pct status 101')).toMatchObject({ stdout: 'status: running\n' });
  expect(await run('pct start 101')).toMatchObject({ exit: 255, stderr: 'CT 101 already running\n' });
  expect(resources()).not.toContain('stopped');
  expect(await run('lxc-wait -n 101 -s STOPPED -t 0')).toMatchObject({ exit: 1 });
  haTakes(0);
  expect(await run('lxc-wait -n 101 -s STOPPED -t 5')).toMatchObject({ exit: 0 });
  expect(resources()).toContain('ct: 101\n\tstate stopped\n');
  expect(await run('lxc-wait -n 101 -s RUNNING -t 0')).toMatchObject({ exit: 1 });
  expect(await run('pct shutdown 101')).toMatchObject({ exit: 255, stderr: 'CT 101 not running\n' });
});

test('a machine is started by HA later, whatever its state was', async () => {
  expect(await run('qm start 201')).toEqual({ exit: 0, stdout: 'Requesting HA start for VM 201\n', stderr: '' });
  expect(await run('test -f /run/qemu-server/201.pid')).toMatchObject({ exit: 1 });
  haTakes(0);
  expect(await run('lxc-wait -n 201 -s RUNNING -t 5')).toMatchObject({ exit: 0 });
  expect(await run('test -f /run/qemu-server/201.pid')).toMatchObject({ exit: 0 });
  expect(await run('qm stop 201')).toMatchObject({ exit: 0, stdout: 'Requesting HA stop for VM 201\n' });
  expect(await run('qm wait 201')).toEqual({ exit: 0, stdout: '', stderr: '' });
  expect(resources()).toContain('vm: 201\n\tstate stopped\n');
});

test('a guest that HA ignores is started at once', async () => {
  setGuestState(dir, 102, 'running');
  expect((await run('pct stop 102')).stdout).not.toContain('Requesting');
  expect(await run('pct status 102')).toMatchObject({ stdout: 'status: stopped\n' });
});
