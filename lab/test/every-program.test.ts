// Every program that Phoenix may send to a node, by the table of its forced command, is there in every lab; and the lab's answers to what
// Proxmox refuses by its state are Proxmox's.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KEY } from '../../test/security/whole-environment.ts';
import { createLab, labPath } from '../src/proxmox/create.ts';
import { openNode } from '../src/proxmox/node.ts';
import { EVERYDAY_PROGRAMS, PROGRAMS } from '../src/proxmox/programs.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-'));
  createLab(dir);
});
afterEach(() => rmSync(dir, { recursive: true }));

/** The first word of each shape; what begins with a colon is a script of Phoenix's own. */
function sentPrograms(): string[] {
  const table = readFileSync(new URL('../../deploy/ssh/programs', import.meta.url), 'utf8');
  const shapes = table.split('\n').filter((line) => line !== '' && !/^(#|let |:)/.test(line));
  return [...new Set(shapes.map((line) => line.split(' ')[0] ?? ''))].sort();
}

async function answer(program: string, ...argv: string[]) {
  const run = await PROGRAMS[program]?.();
  if (run === undefined) throw new Error(`the lab has no ${program}`);
  return run(openNode(dir), argv, () => Buffer.alloc(0));
}

const TEMPLATE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst';
const create = (...more: string[]) => answer('pct', 'create', '101', TEMPLATE, '--rootfs', 'local-lvm:4', ...more);
const conf = (file: string): string => readFileSync(join(dir, 'etc/pve', file), 'utf8');

describe('every program that Phoenix may send', () => {
  test('is among them: those of Proxmox, of storage, network, shares and accounts', () => {
    expect(sentPrograms()).toEqual(
      expect.arrayContaining(['pct', 'qm', 'pvesh', 'pvesm', 'pveam', 'pveum', 'zfs', 'exportfs']),
    );
    expect(sentPrograms().length).toBeGreaterThan(25);
  });

  test.each(sentPrograms())('%s is in the lab', (program) => {
    const files = program.startsWith('/')
      ? [join(dir, program)]
      : labPath(dir)
          .split(delimiter)
          .map((folder) => join(folder, program));
    const file = files.find((each) => existsSync(each));
    expect(file).toBeDefined();
    expect(statSync(file ?? '').mode & 0o111).toBeGreaterThan(0);
    // A shell in a lab finds it too, but for what any script needs for itself.
    expect(files.indexOf(file ?? '')).toBe(program in EVERYDAY_PROGRAMS ? 1 : 0);
  });
});

describe('the lab refuses what the real programs refuse', () => {
  test.each([
    [
      'a container in a pool that is not there',
      () => create('--pool', 'none'),
      "403 Permission check failed (pool 'none' does not exist)\n",
    ],
    [
      'a VM in a pool that is not there',
      () => answer('qm', 'create', '201', '--pool', 'none'),
      "403 Permission check failed (pool 'none' does not exist)\n",
    ],
    [
      'the state of a storage that is not there',
      () => answer('pvesm', 'status', '--storage', 'none'),
      '400 Parameter verification failed.\nstorage: No such storage.\n',
    ],
    [
      'cloud-init of a VM that is not there',
      () => answer('qm', 'cloudinit', 'dump', '999', 'user'),
      "Configuration file 'nodes/pve/qemu-server/999.conf' does not exist\n",
    ],
    [
      'an account that is already there',
      () => answer('pveum', 'user', 'add', 'root@pam'),
      "create user failed: user 'root@pam' already exists\n",
    ],
    [
      'an account without a realm',
      () => answer('pveum', 'user', 'add', 'ada'),
      "400 Parameter verification failed.\nuserid: invalid format - value 'ada' does not look like a valid user name\n",
    ],
    [
      'an option of pveum that is none',
      () => answer('pveum', 'user', 'add', 'ada@pam', '--none', '1'),
      'Unknown option: none\n400 unable to parse option\n',
    ],
  ] as const)('%s', async (_, call, stderr) => {
    const { rc, stderr: told } = await call();
    expect(rc).not.toBe(0);
    expect(told.startsWith(stderr), told).toBe(true);
  });

  test('invalid keys, of containers and VMs', async () => {
    const keys = join(dir, 'keys.pub');
    writeFileSync(keys, 'not a key\n');
    const refused = { rc: 255, stderr: 'SSH public key validation error\n' };
    expect(await create('--ssh-public-keys', keys)).toMatchObject(refused);
    expect(await answer('qm', 'create', '201', '--sshkeys', keys)).toMatchObject(refused);
    expect((await answer('qm', 'create', '201')).rc).toBe(0);
    expect(await answer('qm', 'set', '201', '--sshkeys', keys)).toMatchObject(refused);
    writeFileSync(keys, `${KEY}\n`);
    expect((await create('--ssh-public-keys', keys)).rc).toBe(0);
    expect((await answer('qm', 'set', '201', '--sshkeys', keys)).rc).toBe(0);
  });

  test('an invalid archive', async () => {
    writeFileSync(join(dir, 'var/lib/vz/template/cache/x.TAR.GZ'), '');
    const { rc, stderr } = await answer('pct', 'create', '101', 'local:vztmpl/x.TAR.GZ', '--rootfs', 'local-lvm:4');
    expect(rc).not.toBe(0);
    expect(stderr).toContain('file does not look like a template archive');
  });

  test('and a pool that is there gets the guest', async () => {
    writeFileSync(join(dir, 'etc/pve/user.cfg'), 'user:root@pam:1:0::::::\n\npool:web:for the web:::\n');
    expect((await create('--pool', 'web')).rc).toBe(0);
    expect(conf('user.cfg')).toContain('pool:web:for the web:101::\n');
  });
});

describe('the lab mangles what the real programs mangle', () => {
  test('the size of a new disk is cut to whole MiB', async () => {
    await create('--mp0', 'local-lvm:1.3333,mp=/data');
    expect(conf('lxc/101.conf')).toMatch(/^mp0: local-lvm:vm-101-disk-1,mp=\/data,size=1365M$/m);
  });

  test('a raw line with a key that Proxmox does not know is dropped by the next change, with a warning', async () => {
    await create();
    const file = join(dir, 'etc/pve/lxc/101.conf');
    writeFileSync(
      file,
      `${readFileSync(file, 'utf8')}lxc.apparmor.profil: unconfined\nlxc.mount.auto: sys:rw\nlxc.rootfs.path: /x\n`,
    );
    const { rc, stderr } = await answer('pct', 'set', '101', '--memory', '600');
    expect(rc).toBe(0);
    expect(stderr).toContain('vm 101 - unable to parse config: lxc.apparmor.profil: unconfined\n');
    expect(stderr).toContain('vm 101 - lxc.rootfs.path: lxc.rootfs.path is auto generated from rootfs\n');
    expect(conf('lxc/101.conf')).toMatch(/\nlxc\.mount\.auto: sys:rw\n$/);
    expect(conf('lxc/101.conf')).not.toContain('profil: unconfined\n');
  });

  test('several search domains are kept between spaces', async () => {
    await create('--searchdomain', 'a.lan,b.lan');
    expect(conf('lxc/101.conf')).toContain('searchdomain: a.lan b.lan\n');
  });
});
