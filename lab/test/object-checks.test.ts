// What the lab refuses of objects as Proxmox's code does, where no session was recorded: the words of the sources of pve-network, pve-manager,
// pve-storage and pve-ha-manager.

import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyText, makeCertificate, newKey } from '../certificates.ts';
import { createLab, declareNode } from '../host.ts';
import { runnerHere } from './run-here.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-checks-'));
  createLab(dir, { programs: false });
  declareNode(dir, 'pve2');
  for (const id of [101, 102]) writeFileSync(join(dir, `etc/pve/lxc/${id}.conf`), 'memory: 512\n');
});
afterAll(() => rmSync(dir, { recursive: true }));

const SDN = '/cluster/sdn';
const AT = 'at /usr/share/perl5/PVE/Network/SDN.pm';
/** In their order: `ok` before what is taken, else the end of what is refused with. */
const CALLS: readonly (readonly [string, string])[] = [
  [`create ${SDN}/zones --zone lan --type simple --ipam pve`, 'ok'],
  [`create ${SDN}/zones --zone no --type simple --ipam mine`, 'ipam: mine not existing'],
  [`create ${SDN}/zones --zone no --type simple --dns names`, "dns: names don't exist"],
  [`create ${SDN}/zones --zone no --type simple --reversedns names`, "reversedns: names don't exist"],
  [`create ${SDN}/zones --zone no --type simple --dnszone lab.example`, 'dnszone: missing dns server'],
  [`create ${SDN}/zones --zone outer --type qinq --bridge vmbr0 --tag 100`, 'ok'],
  [`create ${SDN}/zones --zone far --type vxlan --peers 10.0.0.14`, 'ok'],
  [`create ${SDN}/zones --zone off --type vxlan --peers 10.0.0.15`, 'ok'],
  [`create ${SDN}/zones --zone vl --type vlan --bridge vmbr0`, 'ok'],
  [`create ${SDN}/vnets --vnet q1 --zone outer`, 'ok'],
  [`create ${SDN}/vnets --vnet q2 --zone outer`, 'tag: tag-less vnet already exists in zone outer vnet q1'],
  [`create ${SDN}/vnets --vnet q3 --zone outer --tag 7`, 'ok'],
  [`create ${SDN}/vnets --vnet q4 --zone outer --tag 7`, 'tag: tag 7 already exist in zone outer vnet q3'],
  [`create ${SDN}/vnets --vnet q5 --zone outer --tag 5000`, 'tag: VLAN tag maximal value is 4096'],
  [`create ${SDN}/vnets --vnet v1 --zone vl --tag 5000`, 'tag: vlan tag max value is 4096'],
  [`create ${SDN}/vnets --vnet x1 --zone far --tag 9`, 'ok'],
  [`create ${SDN}/vnets --vnet x2 --zone off --tag 9`, 'tag: vxlan tag 9 already exist in vnet x1 in zone far '],
  [`create ${SDN}/vnets --vnet l1 --zone lan`, 'ok'],
  [`create ${SDN}/vnets/l1/subnets --subnet 10.1.0.5/32 --type subnet --gateway 10.9.0.1`, 'ok'],
  [
    `create ${SDN}/vnets/l1/subnets --subnet 10.2.0.0/24 --type subnet --dhcp-range start-address=10.2.0.9,end-address=10.2.0.5`,
    'dhcp-range: start-address 10.2.0.9 must be smaller than end-address 10.2.0.5',
  ],
  [
    `create ${SDN}/vnets/l1/subnets --subnet 10.2.0.0/24 --type subnet --dhcp-range start-address=10.2.0.9,end-address=10.3.0.5`,
    'dhcp-range: end-address 10.3.0.5 is not in subnet 10.2.0.0/24',
  ],
  [`set ${SDN}/vnets/l1 --vlanaware 1`, 'vlanaware: vlanaware vnet is not compatible with subnets'],
  [`set ${SDN}/vnets/l1 --zone vl --tag 3`, "zone: can't change zone if subnets exist"],
  [`set ${SDN}/zones/lan --delete ipam`, "ipam: can't change ipam if a subnet is already defined in this zone"],
  [`create ${SDN}/vnets --vnet l2 --zone lan --vlanaware 1`, 'ok'],
  [
    `create ${SDN}/vnets/l2/subnets --subnet 10.5.0.0/24 --type subnet`,
    "vnet: you can't add a subnet on a vlanaware vnet",
  ],
  ...['b1', 'b2'].map(
    (name) =>
      [
        `create ${SDN}/controllers --controller ${name} --type bgp --asn 65000 --node pve --peers 10.0.0.1`,
        'ok',
      ] as const,
  ),
  [
    `create ${SDN}/controllers --controller b3 --type bgp --asn 65000 --node pve --peers 10.0.0.1`,
    'create sdn controller object failed: only 1 bgp controller can be defined at /usr/share/perl5/PVE/Network/SDN/Controllers/BgpPlugin.pm line 183.',
  ],
  [
    'create /cluster/backup --id odd --schedule 02:30 --all 1 --storage local --notes-template {{nod}}',
    "notes-template: found unknown: variable 'nod' at char 4",
  ],
  ['create /pools --poolid prod', 'ok'],
  ['create /cluster/backup --id pooled --schedule 02:30 --pool prod --exclude 101', 'ok'],
  ['set /cluster/backup/pooled --schedule 03:30', 'ok'],
  ['set /cluster/backup/pooled --delete exclude', 'ok'],
  ['create /cluster/ha/groups --group old --nodes pve', 'cannot create group: ha groups have been migrated to rules'],
  ['create /cluster/ha/resources --sid ct:101', 'ok'],
  ['get /cluster/ha/resources/101', 'ok'],
  ['get /cluster/ha/resources/vm:999', "no such resource 'vm:999'"],
  ['get /cluster/ha/rules/none', "no such ha rule 'none'"],
  ['get /cluster/sdn/zones/none', "sdn 'none' does not exist"],
  ['get /cluster/mapping/pci/none', "mapping 'none' not found"],
  ['get /access/users/none@pve', "no such user ('none@pve')"],
  ['get /access/groups/none', "group 'none' does not exist"],
  ['get /access/domains/none', "domain 'none' does not exist"],
  ['get /pools/prod', 'ok'],
  ['get /pools/none', "pool 'none' does not exist"],
  ['delete /pools/none', "delete pool failed: pool 'none' does not exist"],
  [
    'set /cluster/options --location 1,2',
    'location: invalid format - value without key, but schema does not define a default key',
  ],
  ['set /nodes/pve/time --timezone No/Where', 'timezone: No such timezone'],
  ['set /nodes/pve/dns --search lan.example --dns1 10.0.0.53', 'ok'],
  [
    'create /nodes/pve/hosts --data x --digest 0',
    'detected modified configuration - file changed by other user? Try again.',
  ],
  ['create /cluster/ha/resources --sid ct:102', 'ok'],
  ['create /cluster/ha/rules --rule one --type node-affinity --resources ct:101 --nodes pve', 'ok'],
  ['create /cluster/ha/rules --rule two --type node-affinity --resources ct:102 --nodes pve', 'ok'],
  [
    'create /cluster/ha/rules --rule near --type resource-affinity --affinity positive --resources ct:101,ct:102',
    'resources: resources are in multiple node affinity rules',
  ],
  [
    'create /cluster/ha/rules --rule apart --type resource-affinity --affinity negative --resources ct:101,ct:102',
    'resources: two or more resources are restricted to less nodes than available to the resources',
  ],
  [
    'create /storage --storage nas --type nfs --server nas.invalid --export /x',
    "create storage failed: storage 'nas' is not online",
  ],
  ['create /storage --storage nas --type nfs --server nas.invalid --export /x --disable 1', 'ok'],
  [
    'create /storage --storage old --type esxi --server 10.0.0.9 --username root',
    'create storage failed: missing password',
  ],
  ['create /storage --storage san --type iscsi --portal 10.0.0.9 --target iqn.x', 'ok'],
  [
    'create /storage --storage group --type lvm --vgname vg0 --base nosuch:0.0.0.x',
    "create storage failed: base storage ID 'nosuch' does not exist",
  ],
  ['create /storage --storage group --type lvm --vgname vg0 --base san:0.0.0.x', 'ok'],
  ['delete /storage/san', "delete storage failed: can't remove storage - storage is used as base of another storage"],
  ['create /storage --storage films --type cephfs --preallocation off', "unexpected property 'preallocation'"],
  ['set /storage/group --delete base', "update storage failed: unable to delete fixed option 'base'"],
  [
    'create /storage --storage local --type nfs --server 10.0.0.9 --export /x',
    "create storage failed: storage ID 'local' already defined",
  ],
  [
    'set /storage/nas --snapshot-as-volume-chain 1',
    "update storage failed: can't change value of fixed parameter 'snapshot-as-volume-chain'",
  ],
  ['set /storage/old --server 10.0.0.10', "update storage failed: storage 'old' does not exist"],
  ['get /access/users/none@pve/token', "no such user ('none@pve')"],
  ['delete /access/users/none@pve/token/t1', "no such user ('none@pve')"],
  [`create ${SDN}/controllers --controller f1 --type faucet --ebgp 1`, "unexpected property 'ebgp'"],
  [
    'create /cluster/mapping/usb --id stick --map node=pve,id=0658:0200 --description two\nlines',
    'property contains a line feed',
  ],
  [
    'set /cluster/ha/resources/ct:101 --comment two\nlines',
    'update resources config failed: property contains a line feed',
  ],
  ['create /cluster/backup --id lines --schedule daily --all 1 --comment two\nlines', 'property contains a line feed'],
  ['create /storage --storage lines --type dir --path /srv --nodes pve\npve2', 'property contains a line feed'],
  [`set ${SDN}/vnets/l1 --alias two\nlines`, 'update sdn vnet object failed: property contains a line feed'],
  ['set /access/domains/pam --comment two\nlines', 'update auth server failed: property contains a line feed'],
  ['set /access/domains/pam --tfa type=oath', 'ok'],
  ['set /access/domains/pam --autocreate 1', "update auth server failed: unexpected property 'autocreate'"],
  ['set /access/domains/pam', 'update auth server failed: no options specified'],
  [
    'create /access/domains --realm id --type openid --issuer-url https://id.example --client-id pve --check-connection 1',
    "add auth server failed: 'check-connection' parameter can only be set for realms of type 'ldap' or 'ad'",
  ],
  [
    'create /storage --storage pbs --type pbs --server 10.0.0.9 --datastore d --encryption-key {"kdf":null}',
    'create storage failed: Value does not seems like a valid, JSON formatted encryption key!',
  ],
  [
    'create /storage --storage pbs --type pbs --server 10.0.0.9 --datastore d --master-pubkey QUJD',
    "create storage failed: 'master-pubkey' can only be used together with 'encryption-key'",
  ],
  [
    `set ${SDN}/vnets/l1/subnets/lan-10.9.9.0-24 --gateway 10.9.9.1`,
    "update sdn subnet object failed: sdn subnet 'lan-10.9.9.0-24' does not exist",
  ],
  [
    `create ${SDN}/lock`,
    'could not acquire lock for SDN config: configuration has pending changes at /usr/share/perl5/PVE/API2/Network/SDN.pm line 150.',
  ],
  [`set ${SDN}`, 'ok'],
  [`create ${SDN}/lock`, 'ok'],
  ...[
    [`create ${SDN}/lock`, 'could not acquire lock for SDN config'],
    [`create ${SDN}/zones --zone late --type simple --lock-token other`, 'create sdn zone object failed'],
    [`set ${SDN}/vnets/l1 --alias late`, 'update sdn vnet object failed'],
    [`delete ${SDN}/ipams/none`, 'delete sdn zone object failed'],
    [`create ${SDN}/rollback`, 'could not rollback SDN configuration'],
    [`set ${SDN}`, 'could not commit SDN config'],
    [`delete ${SDN}/lock`, 'could not release lock'],
  ].map(([line = '', failing]) => [line, `${failing}: invalid lock token provided! ${AT} line 291.`] as const),
  [`delete ${SDN}/lock --force 1`, 'ok'],
  [`set ${SDN}/vnets/l1 --alias late`, 'ok'],
];

test('each call ends as the code of Proxmox has it', async () => {
  for (const [line, expected] of CALLS) {
    const { exit, stderr } = await runnerHere(dir)(`pvesh ${line}`.split(' '));
    const lines = stderr.split('\n').filter((each) => each !== '');
    const told = lines.includes(expected) ? expected : lines.join('\n');
    expect([line, exit === 0 ? 'ok' : told]).toEqual([line, expected]);
  }
});

test('the own IPAM of the network gives an address once, and no subnet goes while it is given', async () => {
  const call = async (line: string) => {
    const { exit, stderr } = await runnerHere(dir)(`pvesh ${line}`.split(' '));
    return exit === 0 ? 'ok' : stderr.trim();
  };
  const state = () => JSON.parse(readFileSync(join(dir, 'etc/pve/sdn/pve-ipam-state.json'), 'utf8')).zones.given;
  const [mac, ips] = ['BC:24:11:00:00:01', `${SDN}/vnets/g1/ips --zone given --ip`];
  const subnet = `${SDN}/vnets/g1/subnets`;
  await call(`create ${SDN}/zones --zone given --type simple --ipam pve --dhcp dnsmasq`);
  await call(`create ${SDN}/vnets --vnet g1 --zone given`);
  await call(`create ${subnet} --subnet 10.7.0.0/24 --type subnet --gateway 10.7.0.1`);
  expect(await call(`create ${ips} 10.7.0.5 --mac ${mac}`)).toContain("can't find any subnet for ip 10.7.0.5");
  await call(`set ${SDN}`);
  expect(await call(`create ${ips} 10.7.0.5 --mac ${mac}`)).toBe('ok');
  expect(await call(`create ${ips} 10.7.0.5 --mac ${mac}`)).toBe("IP '10.7.0.5' already exist");
  expect(await call(`set ${ips} 10.7.0.1 --mac ${mac}`)).toBe("IP '10.7.0.1' already exist");
  expect(await call(`set ${ips} 10.7.0.6 --mac ${mac} --vmid 101`)).toBe('ok');
  expect(state().subnets['10.7.0.0/24'].ips).toEqual({ '10.7.0.1': { gateway: 1 }, '10.7.0.6': { vmid: '101', mac } });
  const refused = "delete sdn subnet object failed: cannot delete subnet '10.7.0.0/24', not empty";
  expect(await call(`delete ${subnet}/given-10.7.0.0-24`)).toBe(refused);
  expect(await call(`delete ${ips} 10.7.0.6 --mac ${mac}`)).toBe('ok');
  expect(await call(`delete ${ips} 10.7.0.6 --mac ${mac}`)).toBe("IP '10.7.0.6' does not exist in IPAM DB");
  expect(await call(`delete ${subnet}/given-10.7.0.0-24`)).toBe('ok');
  expect(state()).toEqual({ subnets: {} });
});

test('secrets of storages are kept apart, told once, and go with their storage', async () => {
  const call = async (line: string) =>
    JSON.parse((await runnerHere(dir)(`pvesh ${line} --output-format json`.split(' '))).stdout || 'null');
  const kept = (name: string) => readFileSync(join(dir, 'etc/pve/priv', name), 'utf8');
  const key = '{"data":"c2VjcmV0","fingerprint":"aa:bb"}';
  const made = await call(
    `create /storage --storage pbs --type pbs --server 10.0.0.9 --datastore d --encryption-key ${key}`,
  );
  expect(made).toEqual({ config: { 'encryption-key': key }, storage: 'pbs', type: 'pbs' });
  expect(kept('storage/pbs.enc')).toBe(`${key}\n`);
  expect((await call('get /storage/pbs'))['encryption-key']).toBe('aa:bb');
  expect((await call('set /storage/pbs --encryption-key autogen')).config['encryption-key']).toContain('"kdf":null');
  expect(await call('set /storage/pbs --delete encryption-key')).toEqual({ config: {}, storage: 'pbs', type: 'pbs' });
  expect(await call('get /storage/pbs')).not.toHaveProperty('encryption-key');
  expect(() => kept('storage/pbs.enc')).toThrow('ENOENT');
  expect(
    await call('create /storage --storage pool --type rbd --pool p --monhost 10.0.0.1 --keyring AQB'),
  ).not.toHaveProperty('config');
  expect([kept('ceph/pool.keyring'), kept('ceph/pool.conf')]).toEqual([
    'AQB\n',
    '[global]\n\tkeyring = /etc/pve/priv/ceph/pool.keyring\n\n',
  ]);
  await call('delete /storage/pool');
  expect(() => kept('ceph/pool.keyring')).toThrow('ENOENT');
});

test('a retention keeps the newest of each span, spares what is protected or named by hand, and takes the notes along', async () => {
  const dump = join(dir, 'var/lib/vz/dump');
  mkdirSync(dump, { recursive: true });
  const days = ['2026_01_01-02_00_00', '2026_01_02-02_00_00', '2026_01_02-12_00_00', '2026_02_01-02_00_00'];
  const files = days.map((day) => `vzdump-lxc-101-${day}.tar.zst`);
  for (const file of [...files, 'vzdump-lxc-101-mine.tar.zst', 'other.tar.gz']) writeFileSync(join(dump, file), 'x');
  for (const file of [`${files[0]}.protected`, `${files[1]}.notes`]) writeFileSync(join(dump, file), '');
  const run = async (line: string) => (await runnerHere(dir)(line.split(' '))) ?? '';
  const marks = async (keep: string) =>
    (await run(`pvesm prune-backups local --type lxc --dry-run 1 ${keep}`)).stdout
      .split('\n')
      .filter((line) => line.startsWith('local:'))
      .map((line) => line.split(/ +/).at(-1));
  expect(await marks('--keep-daily 2')).toEqual(['protected', 'remove', 'keep', 'keep', 'renamed']);
  expect(await marks('--keep-last 1 --keep-monthly 1')).toEqual(['protected', 'remove', 'keep', 'keep', 'renamed']);
  expect(await marks('--keep-all 1')).toEqual(['protected', 'keep', 'keep', 'keep', 'renamed']);
  expect(await run('pvesm prune-backups local')).toMatchObject({
    exit: 0,
    stderr: "no prune-backups options configured for storage 'local'\n",
  });
  expect(await run('pvesm prune-backups local-lvm --dry-run 1')).toMatchObject({
    stderr: "storage 'local-lvm' does not support backups\n",
  });
  await run('pvesh delete /nodes/pve/storage/local/prunebackups --prune-backups keep-last=1');
  expect(readdirSync(dump).sort()).toEqual(
    ['other.tar.gz', files[0], `${files[0]}.protected`, files[3], 'vzdump-lxc-101-mine.tar.zst'].sort(),
  );
  const guarded = await run(`pvesm free local:backup/${files[0]}`);
  expect(guarded).toMatchObject({
    exit: 0,
    stderr: `cannot remove protected volume 'backup/${files[0]}' on 'local'\n`,
  });
});

test('the certificate of the web interface is replaced by the API, and tells what it is', async () => {
  const path = '/nodes/pve/certificates/custom';
  const run = (...argv: readonly string[]) => runnerHere(dir)(['pvesh', ...argv, '--output-format', 'json']);
  const key = newKey();
  const [now, names] = [Date.now(), ['pve.example', '10.0.0.1', 'fd00::1']];
  const more = { notBefore: new Date(now - 1000), notAfter: new Date(now + 86_400_000), names };
  const issuer = { name: 'Lab', key };
  const certificate = makeCertificate({ subject: 'pve', publicKey: createPublicKey(key), issuer, ...more });
  const given = ['create', path, '--certificates', `subject=x\n${certificate}`];
  expect((await run(...given)).stderr).toContain('key: Attempted to upload custom certificate without (existing) key.');
  expect((await run(...given, '--key', keyText(newKey()))).stderr).toContain('key does not match the certificate');
  expect(await run(...given, '--key', keyText(key))).toMatchObject({ exit: 0, stderr: '' });
  expect((await run(...given)).stderr).toBe('Custom certificate file exists but force flag is not set.\n');
  expect((await run(...given, '--force', '1')).exit).toBe(0);
  expect(JSON.parse((await run('get', '/nodes/pve/certificates/info')).stdout)).toMatchObject([
    {
      filename: 'pveproxy-ssl.pem',
      subject: '/CN=pve',
      san: ['pve.example', '10.0.0.1', 'fd00:0000:0000:0000:0000:0000:0000:0001'],
      'public-key-type': 'id-ecPublicKey',
    },
  ]);
  await run('delete', path);
  expect((await run('get', '/nodes/pve/certificates/info')).stdout).toBe('[]\n');
});

test('a POST of the options of a VM begins a task, whose failure is none of the call', async () => {
  const path = '/nodes/pve/qemu/301/config';
  const call = (line: string) => runnerHere(dir)(`pvesh ${line}`.split(' '));
  writeFileSync(join(dir, 'etc/pve/qemu-server/301.conf'), 'memory: 512\n');
  const done = await call(`create ${path} --name web`);
  expect(done.stdout).toMatch(/^update VM 301: -name web\nUPID:pve:.*:qmconfig:301:root@pam:\n$/);
  const failed = await call(`create ${path} --boot order=scsi7`);
  expect([failed.exit, failed.stderr]).toEqual([0, "invalid bootorder: device 'scsi7' does not exist'\n"]);
  expect((await call(`set ${path} --boot order=scsi7`)).exit).not.toBe(0);
  expect((await call(`create ${path}`)).stderr).toBe('no options specified\n');
});

test('a storage is written without what it holds by its type until the next change, and local is there again after its deletion', async () => {
  const calls = [
    'create /storage --storage usual --type cephfs --monhost 10.0.0.1',
    'set /storage/usual --options noatime --monhost 10.0.0.2',
    'delete /storage/local',
    'set /storage/usual --content-dirs  --nodes pve',
  ];
  const seen: string[] = [];
  for (const call of calls) {
    expect([call, (await runnerHere(dir)(`pvesh ${call}`.split(' '))).exit]).toEqual([call, 0]);
    const text = readFileSync(join(dir, 'etc/pve/storage.cfg'), 'utf8');
    seen.push(/^cephfs: usual\n([\s\S]*?)\n\n/m.exec(text)?.[1]?.replaceAll(/\n?\t/g, '; ') ?? text);
  }
  expect(seen).toEqual([
    '; path /mnt/pve/usual; monhost 10.0.0.1',
    '; path /mnt/pve/usual; content backup; monhost 10.0.0.2; options noatime',
    '; path /mnt/pve/usual; content backup; monhost 10.0.0.2; options noatime',
    '; path /mnt/pve/usual; content backup; monhost 10.0.0.2; nodes pve; options noatime',
  ]);
  expect(readFileSync(join(dir, 'etc/pve/storage.cfg'), 'utf8')).toMatch(
    /\ndir: local\n.*\n.*\n\tprune-backups keep-all=1\n\n$/,
  );
});

test('the nodes of an HA rule are written once each, without a priority of zero', async () => {
  writeFileSync(join(dir, 'etc/pve/lxc/191.conf'), 'memory: 512\n');
  const calls = [
    'create /cluster/ha/resources --sid ct:191',
    'create /cluster/ha/rules --rule once --type node-affinity --resources ct:191 --nodes pve:3,pve:0',
    'set /cluster/ha/rules/once --type node-affinity --nodes pve:02',
  ];
  const nodes: (string | undefined)[] = [];
  for (const call of calls) {
    const { exit, stderr } = await runnerHere(dir)(`pvesh ${call}`.split(' '));
    expect([call, exit, stderr]).toEqual([call, 0, '']);
    const file = join(dir, 'etc/pve/ha/rules.cfg');
    nodes.push(
      existsSync(file)
        ? /^node-affinity: once\n(?:\t.*\n)*?\tnodes (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]
        : undefined,
    );
  }
  expect(nodes).toEqual([undefined, 'pve', 'pve:2']);
});

test('verbs of pveum end as the calls of the API that they stand for', async () => {
  const lines: readonly (readonly [string, string])[] = [
    ['pveum role add Looking -privs VM.Audit', 'ok'],
    ['pveum role add Looking -privs VM.Audit', "create role failed: role 'Looking' already exists"],
    ['pveum user add ada@pve', 'ok'],
    ['pveum user token add ada@pve agent --privsep 0', 'ok'],
    ['pveum acl list', 'ok'],
    ['pveum role delete Looking', 'ok'],
    ['pveum role delete Looking', "delete role failed: role 'Looking' does not exist"],
  ];
  for (const [line, expected] of lines) {
    const { exit, stderr } = await runnerHere(dir)(line.split(' '));
    expect([line, exit === 0 ? 'ok' : stderr.trim()]).toEqual([line, expected]);
  }
});
