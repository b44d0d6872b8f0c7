// The lab's programs as a caller meets them: real processes on a PATH of their own, with ordered delays and faults.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLab, declareStorage, setGuestState } from '../src/proxmox/create.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-'));
  createLab(dir);
});
afterEach(() => rmSync(dir, { recursive: true }));

type Ended = { rc: number; signal: string | null; stdout: string; stderr: string };

function run(program: string, ...argv: string[]): Promise<Ended> {
  return new Promise((settle) => {
    const child = execFile(join(dir, 'bin', program), argv, (error, stdout, stderr) => {
      settle({ rc: error === null ? 0 : Number(child.exitCode), signal: child.signalCode, stdout, stderr });
    });
    // A program that reads no input may have ended before it is written.
    child.stdin?.on('error', () => {});
    child.stdin?.end('never to be recorded');
  });
}

const order = (orders: unknown): void => writeFileSync(join(dir, 'lab.json'), JSON.stringify(orders));
const calls = (): { argv: string[]; rc: number | null; ms: number }[] =>
  readFileSync(join(dir, 'calls.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const create = (id: string): Promise<Ended> =>
  run(
    'pct',
    'create',
    id,
    'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
    '--rootfs',
    'local-lvm:4',
    '--hostname',
    'web',
  );
const config = (id: string): string => readFileSync(join(dir, `etc/pve/lxc/${id}.conf`), 'utf8');

test('a new lab is an empty node named pve', async () => {
  expect(await run('hostname')).toMatchObject({ rc: 0, stdout: 'pve\n', stderr: '' });
  expect(await run('pct', 'list')).toMatchObject({ rc: 0, stdout: '', stderr: '' });
  const { stdout } = await run('pvesm', 'status');
  expect(
    stdout
      .split('\n')
      .slice(1, 4)
      .map((line) => line.split(/\s+/).slice(0, 3).join(' ')),
  ).toEqual(['local dir active', 'local-lvm lvmthin active', 'rpool zfspool active']);
});

test('each call is recorded with its time, without what it was given to read', async () => {
  order({ delayMs: 120 });
  await run('pct', 'status', '101');
  const [call] = calls();
  expect(call).toMatchObject({ argv: ['pct', 'status', '101'] });
  expect(call?.rc).not.toBe(0);
  expect(call?.ms).toBeGreaterThanOrEqual(120);
  expect(readFileSync(join(dir, 'calls.jsonl'), 'utf8')).not.toContain('never to be recorded');
});

test('the nth call fails as ordered, and only that one', async () => {
  order({ faults: [{ program: 'pct', match: '^set ', nth: 2, do: 'fail', stderr: 'disk on fire', rc: 5 }] });
  await create('101');
  expect((await run('pct', 'set', '101', '--tags', 'a')).rc).toBe(0);
  expect(await run('pct', 'set', '101', '--tags', 'b')).toMatchObject({ rc: 5, stderr: 'disk on fire\n' });
  expect((await run('pct', 'set', '101', '--cores', '2')).rc).toBe(0);
  expect(config('101')).toContain('tags: a\n');
});

test('a call may fail, or die, after its change is written', async () => {
  await create('101');
  order({
    faults: [
      { program: 'pct', match: '--cores', do: 'fail', after: true },
      { program: 'pct', match: '--memory', do: 'kill', after: true },
    ],
  });
  expect((await run('pct', 'set', '101', '--cores', '3')).rc).toBe(255);
  expect(await run('pct', 'set', '101', '--memory', '777')).toMatchObject({ signal: 'SIGKILL' });
  expect(config('101')).toMatch(/cores: 3\n[\s\S]*memory: 777\n/);
});

test('a call that loses the lock says whose it is', async () => {
  await create('101');
  order({ faults: [{ program: 'pct', match: '^set', do: 'lose-lock' }] });
  expect(await run('pct', 'set', '101', '--cores', '3')).toMatchObject({
    rc: 255,
    stderr: "can't lock file '/run/lock/lxc/pve-config-101.lock' - got timeout\n",
  });
});

test('changes made at the same time are all kept', async () => {
  await create('101');
  const options = ['--cores 3', '--memory 640', '--swap 64', '--tags x', '--onboot 1', '--searchdomain a.example'];
  const ended = await Promise.all(options.map((option) => run('pct', 'set', '101', ...option.split(' '))));
  expect(ended.map(({ rc }) => rc)).toEqual(options.map(() => 0));
  for (const option of options) expect(config('101')).toContain(`${option.slice(2).replace(' ', ': ')}\n`);
});

test('a declared storage can be used, and is declared once', async () => {
  declareStorage(dir, { id: 'quick', type: 'zfspool', content: ['images', 'rootdir'] });
  declareStorage(dir, { id: 'quick', type: 'dir', content: ['iso'] });
  const { stdout } = await run('pvesm', 'status', '--storage', 'quick');
  expect(stdout).toMatch(/^quick +zfspool +active/m);
});

test('a guest runs and stops as the kernel says', async () => {
  await create('101');
  setGuestState(dir, 101, 'running');
  expect((await run('pct', 'status', '101')).stdout).toBe('status: running\n');
  setGuestState(dir, 101, 'stopped');
  expect((await run('pct', 'status', '101')).stdout).toBe('status: stopped\n');
});

test('the firewall compiler warns about what it skips', async () => {
  writeFileSync(
    join(dir, 'etc/pve/firewall/cluster.fw'),
    '[OPTIONS]\nenable: 1\ncolour: red\n[RULES]\nIN BOGUS -p tcp\nIN ACCEPT -dport 80\nIN HTTPS(ACCEPT) -source +nobody\nwhat\n',
  );
  const { rc, stderr } = await run('pve-firewall', 'compile');
  expect(rc).toBe(0);
  expect(stderr.split('\n')).toEqual([
    "/etc/pve/firewall/cluster.fw (line 3): can't parse option 'colour: red'",
    '/etc/pve/firewall/cluster.fw (line 5) - errors in rule parameters: IN BOGUS -p tcp',
    "  action: unknown action 'BOGUS'",
    '/etc/pve/firewall/cluster.fw (line 6) - errors in rule parameters: IN ACCEPT -dport 80',
    "  proto: missing property - 'dport' requires this property",
    "  dport: protocol '' does not support ports",
    '/etc/pve/firewall/cluster.fw (line 7) - errors in rule parameters: IN HTTPS(ACCEPT) -source +nobody',
    "  source: no such ipset 'nobody'",
    '/etc/pve/firewall/cluster.fw (line 8): unable to parse rule: what',
    '',
  ]);
  expect((await run('pve-firewall', 'status')).stdout).toBe('Status: enabled/running\n');
});

test('the firewall compiler warns about sets that are not where their prefix says, once for each version of IP', async () => {
  writeFileSync(
    join(dir, 'etc/pve/firewall/cluster.fw'),
    '[OPTIONS]\nenable: 1\n[IPSET here]\n10.0.0.1\n[RULES]\nIN ACCEPT -source +dc/here\nIN ACCEPT -source +guest/here\n|IN DROP -dest +sdn/here\nIN ACCEPT -source +sdn/here -p icmp\n',
  );
  const { rc, stderr } = await run('pve-firewall', 'compile');
  expect([rc, stderr]).toEqual([0, `${"no such ipset 'here'\n".repeat(3)}`]);
});
