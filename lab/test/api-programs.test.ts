// Programs whose verbs are calls of the API, in the words of their sources: pve-access-control PVE/CLI/pveum.pm, pve-ha-manager PVE/CLI/ha_manager.pm,
// pve-manager PVE/CLI/pvenode.pm and pvesubscription.pm.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, declareNode } from '../host.ts';
import { runnerHere } from './run-here.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-programs-'));
  createLab(dir, { programs: false });
});
afterEach(() => rmSync(dir, { recursive: true }));

const run = (line: string) => runnerHere(dir)(line.split(' '));
const json = async (line: string) => JSON.parse((await run(`${line} --output-format json`)).stdout);
const file = (path: string) => readFileSync(join(dir, path), 'utf8');
const MACHINE = 'qm create 201 --memory 512 --ha-managed 1';

test.each([
  ['pveum user', "ERROR: incomplete command 'pveum user'"],
  ['pveum userdel nobody@pve --x 1', 'Unknown option: x\n400 unable to parse option\npveum user delete <userid>\n'],
  ['pveum group delete nosuch', "delete group failed: group 'nosuch' does not exist\n"],
  ['pveum realm delete nosuch', "delete auth server failed: authentication domain 'nosuch' does not exist\n"],
  ['pveum pool delete nosuch', "delete pool failed: pool 'nosuch' does not exist\n"],
  ['ha-manager add vm:999', "resource 'vm:999' does not exist in cluster\n"],
  ['ha-manager remove ct:101', "cannot delete service 'ct:101', not HA managed!\n"],
  ['ha-manager migrate vm:999 pve', "resource 'vm:999' is not HA managed\n"],
  ['ha-manager groupadd web --nodes pve', 'cannot create group: ha groups have been migrated to rules\n'],
  ['ha-manager crm-command node-maintenance enable pve9', "no such cluster node 'pve9'\n"],
  [
    'pvenode config set --bogus 1',
    'Unknown option: bogus\n400 unable to parse option\npvenode config set  [OPTIONS]\n',
  ],
  ['pvenode cert set /nosuch.pem', "can't open '/nosuch.pem' - No such file or directory\n"],
  ['pvesubscription set nokey', '400 Parameter verification failed.\nkey: value does not match the regex pattern\n'],
  ['pvesm scan nfs', '400 not enough arguments\npvesm scan nfs <server>\n'],
  ['pct mount', '400 not enough arguments\npct mount <vmid>\n'],
])('%s is refused', async (line, words) => {
  const { exit, stderr } = await run(line);
  expect(exit).not.toBe(0);
  expect(stderr.startsWith(words)).toBe(true);
});

describe('pveum', () => {
  test('names what a user may do, also by groups, pools and tokens', async () => {
    for (const line of [
      'pveum user add ada@pve',
      'pveum group add staff',
      'pveum user modify ada@pve --groups staff',
      'pveum role add Look --privs VM.Audit',
      'pveum acl modify /vms --groups staff --roles Look',
      'pveum pool add web',
      'pveum pool modify web --storage local',
      'pveum acl modify /pool/web --users ada@pve --roles PVEDatastoreUser',
      'pveum user token add ada@pve ci --privsep 1',
      'pveum acl modify /vms --tokens ada@pve!ci --roles PVEVMAdmin',
    ])
      expect([line, (await run(line)).exit]).toEqual([line, 0]);
    expect(await json('pveum user permissions ada@pve')).toEqual({
      '/pool/web': { 'Datastore.AllocateSpace': 1, 'Datastore.Audit': 1 },
      '/storage/local': { 'Datastore.AllocateSpace': 0, 'Datastore.Audit': 0 },
      '/vms': { 'VM.Audit': 1 },
    });
    expect(await json('pvesh get /access/permissions --userid ada@pve!ci')).toEqual({ '/vms': { 'VM.Audit': 1 } });
    expect((await run('pveum user permissions ada@pve --path /vms')).stdout).toContain('VM.Audit (*)');
    expect(await json('pveum user token list ada@pve')).toMatchObject([{ tokenid: 'ci', privsep: 1 }]);
    await run('pveum user token remove ada@pve ci');
    expect(await json('pveum user token list ada@pve')).toEqual([]);
    // Whoever reads the file is told of what is no more, until it is written again.
    const stale = "user config - ignore invalid acl role 'Look'\n";
    await run('pveum role delete Look');
    const text = file('etc/pve/user.cfg');
    writeFileSync(join(dir, 'etc/pve/user.cfg'), `${text}acl:1:/vms:@staff:Look:\n`);
    expect((await run('pveum role list')).stderr).toBe(stale);
    await run('pveum group add others');
    expect((await run('pvesh get /access/roles')).stderr).toBe('');
  });
});

describe('ha-manager', () => {
  test('shows and changes resources, and hands requests to the manager', async () => {
    declareNode(dir, 'pve2');
    expect((await run(MACHINE)).stdout).toContain('Add as HA resource');
    expect((await run('ha-manager config')).stdout).toBe('vm:201\n\tstate stopped\n\n');
    await run('ha-manager set 201 --comment front --max_restart 2');
    expect((await run('ha-manager status')).stdout).toBe(
      'quorum OK\nfencing standby (CRM watchdog standby)\nservice vm:201 (pve, queued)\n',
    );
    expect((await run('ha-manager migrate vm:201 pve2')).exit).toBe(0);
    expect(file('etc/pve/ha/crm_commands')).toBe('migrate vm:201 pve2\n');
    expect(await json('pvesh create /cluster/ha/resources/201/relocate --node pve2')).toEqual({
      sid: 'vm:201',
      'requested-node': 'pve2',
    });
    mkdirSync(join(dir, 'etc/pve/ha'), { recursive: true });
    const services = { 'vm:201': { node: 'pve', state: 'error' } };
    const manager = { master_node: 'pve', node_status: { pve: 'online' }, timestamp: 1795868048 };
    writeFileSync(join(dir, 'etc/pve/ha/manager_status'), JSON.stringify({ ...manager, service_status: services }));
    const status = await run('ha-manager status');
    expect(status.stderr).toBe("unable to read file '/etc/pve/nodes/pve/lrm_status'\n");
    expect(status.stdout).toContain('master pve (old timestamp - dead?, Sat Nov 28 12:14:08 2026)\n');
    expect((await run('ha-manager relocate vm:201 pve2')).stderr).toContain('must be disabled and fixed first');
    expect((await run('ha-manager remove vm:201')).exit).toBe(0);
    expect((await run('ha-manager config')).stdout).toBe('');
  });

  test('a resource that another keeps away does not move there', async () => {
    declareNode(dir, 'pve2');
    await run(MACHINE);
    await run('qm create 202 --memory 512 --ha-managed 1');
    await run('ha-manager rules add resource-affinity apart --resources vm:201,vm:202 --affinity negative');
    expect((await run('ha-manager rules config')).stdout).toMatch(
      /enabled .* state .* rule .* type .* resources .* comment/,
    );
    const services = { 'vm:202': { node: 'pve2', state: 'started' } };
    writeFileSync(join(dir, 'etc/pve/ha/manager_status'), JSON.stringify({ service_status: services }));
    expect((await run('ha-manager migrate vm:201 pve2')).stderr).toBe(
      "cannot migrate resource 'vm:201' to node 'pve2':\n\n- resource 'vm:202' on target node 'pve2' in negative affinity with resource 'vm:201'\n",
    );
  });
});

test('pvenode shows its options as the file has them, and takes them back', async () => {
  await runnerHere(dir)(['pvenode', 'config', 'set', '--description', 'Main: 50%', '--acme', 'account=default']);
  expect((await run('pvenode config get')).stdout).toBe('#Main%3A 50%25\nacme: account=default\n');
  expect(await json('pvesh get /nodes/pve/config --property acme')).toEqual({ acme: 'account=default' });
  await run('pvenode config set --delete acme --acme account=other');
  expect((await run('pvenode config get')).stdout).toBe('#Main%3A 50%25\n');
  expect((await run('pvesubscription get')).stdout).toContain('status: notfound\n');
});

test.each([
  ['zfs', 'rpool\nrpool/data\n'],
  ['lvm', 'pve\n'],
  ['lvmthin pve', 'data\n'],
  ['lvmthin other', ''],
])('pvesm scan %s', async (words, lines) => {
  await run('pvesm alloc rpool 300 vm-300-disk-0 1G');
  expect((await run(`pvesm scan ${words}`)).stdout).toBe(lines);
});

test('backup jobs name the guests and disks that they include, and which are in none', async () => {
  await run('qm create 201 --name app --memory 512 --scsi0 local-lvm:1 --scsi1 local-lvm:1,backup=0');
  await run('qm create 202 --name other --memory 512');
  await run('pvesh create /cluster/backup --id nightly --schedule daily --storage local --vmid 201,999');
  const included = (disk: string, isIn: 0 | 1, reason: string) =>
    expect.objectContaining({ id: `201:${disk}`, included: isIn, reason });
  expect(await json('pvesh get /cluster/backup/nightly/included_volumes')).toEqual({
    children: [
      {
        id: 201,
        type: 'qemu',
        name: 'app',
        leaf: 0,
        children: [included('scsi0', 1, 'backup=yes'), included('scsi1', 0, 'backup=no')],
      },
      { id: 999, type: 'unknown', leaf: 1 },
    ],
  });
  expect(await json('pvesh get /cluster/backup-info/not-backed-up')).toEqual([
    { vmid: 202, type: 'qemu', name: 'other' },
  ]);
});

test('a replicated guest takes no disk that could not be copied', async () => {
  declareNode(dir, 'pve2');
  await run('pct create 151 local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst --rootfs rpool:1');
  expect((await run('pvesh create /cluster/replication --id 151-0 --type local --target pve2')).stderr).toBe('');
  expect((await run('pct set 151 --mp0 local-lvm:1,mp=/data')).stderr).toBe(
    'cannot add non-replicatable volume to a replicated VM\n',
  );
  expect((await run('pct set 151 --mp0 local-lvm:1,mp=/data,replicate=0')).exit).toBe(0);
  expect(await json('pvesh get /cluster/replication/151-0')).toMatchObject({ guest: 151, jobnum: 0, target: 'pve2' });
});
