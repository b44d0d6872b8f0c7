// Import of datacenter objects: as they are on the host, without built-in ones, and so that a plan changes nothing.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoizedReader } from '../../../../src/agent/apply/inventories.ts';
import { type Compared, compareTargets } from '../../../../src/cli/host/compare.ts';
import { snapshotOf } from '../../../../src/cli/host/written-snapshot.ts';
import { readHost } from '../../../../src/cli/import/import.ts';
import { sourceSettings } from '../../../../src/cli/source.ts';
import { load } from '../../../../src/load/load.ts';
import type { Imported } from '../../../../src/managers/importer.ts';
import { allTargets, managerOf } from '../../../../src/managers/index.ts';
import { DATACENTER_FILE, HYPERVISOR_FILE, LXC_FILE } from '../../../../src/managers/places.ts';
import { kindOf } from '../../../../src/model/ids.ts';
import { parseSections } from '../../../../src/proxmox/files/section-config.ts';
import { guardedHost } from '../../../support/host/guarded-host.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { LONG_TEST } from '../../../support/long.ts';
import { convergeStep } from '../../carry-out.ts';
import { wanted } from '../../guests.ts';
import { kindOfObject, targetsOf } from '../declared.ts';

const FILES: Readonly<Record<string, string>> = {
  '/etc/pve/user.cfg': [
    'user:root@pam:1:0:::root@example.org:::',
    'user:ada@pve:1:0:Ada::ada@example.org:Of the house::',
    'token:ada@pve!backup:0:0::',
    'user:x@norealm:1:0::::::',
    'group:ops:ada@pve:Who%3A operators:',
    'pool:prod:::local:',
    'pool:prod/inner:nested:::',
    'role:Watch:VM.Audit,VM.Console:',
    'acl:0:/:@ops:PVEAuditor:',
    'acl:1:/vms:ada@pve,ada@pve!backup:PVEVMUser,Watch:',
    '',
  ].join('\n'),
  '/etc/pve/domains.cfg':
    'openid: sso\n\tclient-id pve\n\tissuer-url https://id.example.org/\n\tclient-key k1\n\tautocreate 1\n\nldap: house\n\tbase_dn dc=house\n\tserver1 10.0.0.2\n\tuser_attr uid\n\tbind_dn cn=pve\n\n',
  '/etc/pve/jobs.cfg':
    'vzdump: nightly\n\tschedule 02:30\n\tall 1\n\tenabled 1\n\tprune-backups keep-daily=7\n\tstorage local\n\tscript /root/x.sh\n\n',
  '/etc/pve/mapping/pci.cfg': 'gpu\n\tmap node=pve,path=0000:01:00,id=10de:2204,iommugroup=14\n\tdescription Card\n\n',
  '/etc/pve/status.cfg':
    'graphite: figures\n\tdisable\n\tport 2003\n\tserver 10.0.0.30\n\ninfluxdb: flux\n\tport 8086\n\tserver 10.0.0.31\n\tinfluxdbproto https\n\n',
  '/etc/pve/notifications.cfg':
    'gotify: push\n\tserver https://push.example\n\nwebhook: chat\n\tmethod post\n\turl https://chat.example/{{ secrets.key }}\n\tsecret name=key\n\tsecret name=id\n',
  '/etc/pve/priv/shadow.cfg': 'ada:$5$salt$hunter2-of-ada:\nnobody:$5$salt$hunter2-of-nobody:\n',
  '/etc/pve/priv/metricserver/flux.pw': 'hunter2-of-flux',
  '/etc/pve/priv/realm/house.pw': 'hunter2-of-house',
  '/etc/pve/priv/storage/share.pw': 'password=hunter2-of-share\n',
  '/etc/pve/datacenter.cfg': '#Notes\n\nkeyboard: de\nmigration: secure,network=10.0.0.0/24\nfencing: watchdog\n',
  '/etc/pve/storage.cfg': [
    'dir: local\n\tpath /var/lib/vz\n\tcontent backup,iso,snippets,vztmpl\n',
    'lvmthin: local-lvm\n\tthinpool data\n\tvgname pve\n\tcontent rootdir,images\n',
    'zfspool: tank\n\tpool tank/guests\n\tsparse\n\tcontent images,rootdir\n\tnodes pve\n',
    'nfs: media\n\texport /tank/media\n\tserver 10.0.0.9\n\tpath /mnt/pve/media\n\tprune-backups keep-all=1\n\tcontent iso\n\tdisable\n',
    'dir: old\n\tpath /srv/old\n\tcontent backup\n\tmaxfiles 3\n',
    'cifs: share\n\tserver 10.0.0.9\n\tshare vm\n\tusername pve\n\tcontent backup\n',
    'cifs: open\n\tserver 10.0.0.9\n\tshare all\n\tcontent iso\n',
    'dir: odd\n\tpath /usr/share/iso\n\tcontent iso\n',
    '',
  ].join('\n'),
  '/etc/pve/firewall/cluster.fw': [
    '[OPTIONS]\n\nenable: 0\n',
    '[ALIASES]\n\nlan 10.0.0.0/24 # at home\n',
    '[IPSET ban]\n\n!dc/lan\n10.66.0.0/16 # since May\n',
    '[IPSET empty] # filled by a program\n',
    '[group web] # what the world may ask\n\nIN HTTPS(ACCEPT) -source +dc/ban -log info # from there\n|OUT DROP -p icmp -icmp-type echo-request\n',
    '[group odd]\n\nGROUP web\n',
    '[RULES]\n\nIN Ping(ACCEPT) -i vmbr0 -source +dc/ban # asked often\nFORWARD DROP\n',
    '',
  ].join('\n'),
  '/etc/pve/firewall/101.fw':
    '[OPTIONS]\n\nenable: 1\n\n[RULES]\n\nGROUP web -i net0 # as the others\nIN ACCEPT -source +dc/ban -p tcp -dport 22 -log nolog\n',
  '/etc/pve/lxc/101.conf':
    'arch: amd64\nhostname: web\nmemory: 512\nnet0: name=eth0,bridge=front,firewall=1,ip=manual,type=veth\nostype: debian\nrootfs: tank:subvol-101-disk-0,size=8G\nunprivileged: 1\n',
  '/etc/pve/sdn/zones.cfg': 'simple: inner\n\tipam pve\n\nevpn: far\n\tcontroller c1\n\tvrf-vxlan 9\n\n',
  '/etc/pve/sdn/vnets.cfg':
    'vnet: front\n\tzone inner\n\talias Front\n\nvnet: back\n\tzone inner\n\nvnet: away\n\tzone far\n\ttag 7\n\n',
  '/etc/pve/sdn/subnets.cfg':
    'subnet: inner-10.20.0.0-24\n\tvnet front\n\tdhcp-range start-address=10.20.0.50,end-address=10.20.0.60\n\tgateway 10.20.0.1\n\tsnat 1\n\n',
  '/etc/pve/sdn/firewall/front.fw':
    '[OPTIONS]\n\nenable: 1\npolicy_forward: DROP\n\n[RULES]\n\nGROUP web\nFORWARD ACCEPT -dest dc/lan\n',
  '/etc/pve/sdn/.running-config': JSON.stringify({
    version: 3,
    zones: { ids: { inner: { type: 'simple', ipam: 'pve' }, far: { type: 'evpn', controller: 'c1', 'vrf-vxlan': 9 } } },
    vnets: {
      ids: {
        front: { type: 'vnet', zone: 'inner', alias: 'Front' },
        gone: { type: 'vnet', zone: 'inner' },
        away: { type: 'vnet', zone: 'far', tag: 7 },
      },
    },
    subnets: {
      ids: {
        'inner-10.20.0.0-24': {
          type: 'subnet',
          vnet: 'front',
          'dhcp-range': ['start-address=10.20.0.50,end-address=10.20.0.60'],
          gateway: '10.20.0.1',
          snat: 1,
        },
      },
    },
  }),
  '/etc/network/interfaces.d/sdn': '#version:3\n\nauto front\n',
  '/etc/pve/virtual-guest/cpu-models.conf': 'cpu-model: nested\n\tflags +vmx\n\treported-model host\n\n',
  '/etc/pve/priv/acme/plugins.cfg': 'standalone: standalone\n\ndns: zone\n\tapi cf\n\tdata aHVudGVyMg\n\n',
  '/etc/pve/priv/acme/home': JSON.stringify({
    account: { status: 'valid', contact: ['mailto:a@example.org'] },
    directory: 'https://acme-v02.api.letsencrypt.org/directory',
    tos: 'https://ca.example/terms',
    key: 'hunter2',
  }),
};

const settings = sourceSettings({ env: {} });

/** Each target of the written files, of which nothing may change; importing again gives the same. */
async function comparedWith(host: LabHost, imported: Imported): Promise<Compared[]> {
  const again = await readHost(host, [], settings);
  expect(again.imported).toEqual(imported);
  const { config, problems } = load(snapshotOf(imported.files, imported.texts), settings);
  if (config === null) throw new Error(JSON.stringify(problems));
  const compared = await compareTargets(host, memoizedReader(host), allTargets(config));
  expect(compared.filter(({ kind }) => kind !== 'same')).toEqual([]);
  return compared;
}

test('what is there is written as it is, and nothing of it would change', LONG_TEST, async () => {
  const host = await openLabHost();
  for (const [path, text] of Object.entries(FILES)) await host.write(path, text);
  const { imported } = await readHost(guardedHost(host), [], settings);
  expect(imported.files[DATACENTER_FILE]).toEqual({
    pools: { prod: { storage: ['local'] } },
    realms: {
      sso: { type: 'openid', 'client-id': 'pve', 'issuer-url': 'https://id.example.org/', autocreate: true },
      house: {
        type: 'ldap',
        server1: '10.0.0.2',
        base_dn: 'dc=house',
        user_attr: 'uid',
        bind_dn: 'cn=pve',
        password: { $secret: 'file:/etc/phoenix/secrets/realm-house.password' },
      },
    },
    groups: { ops: { comment: 'Who: operators' } },
    roles: { Watch: { privs: ['VM.Audit', 'VM.Console'] } },
    users: {
      'ada@pve': {
        ...{ comment: 'Of the house', email: 'ada@example.org', firstname: 'Ada', groups: ['ops'] },
        password: { $secret: 'file:/etc/phoenix/secrets/user-ada@pve.password' },
      },
    },
    tokens: { 'ada@pve!backup': { privsep: false } },
    acl: {
      everything: { path: '/', roles: ['PVEAuditor'], groups: ['ops'], propagate: false },
      vms: { path: '/vms', roles: ['PVEVMUser', 'Watch'], users: ['ada@pve'], tokens: ['ada@pve!backup'] },
    },
    pci_mappings: {
      gpu: { description: 'Card', map: [{ node: 'pve', path: '0000:01:00', id: '10de:2204', iommugroup: 14 }] },
    },
    cpu_models: { nested: { 'reported-model': 'host', flags: '+vmx' } },
    acme_accounts: { home: { contact: ['a@example.org'], tos_url: 'https://ca.example/terms' } },
    acme_plugins: {
      zone: { type: 'dns', api: 'cf', data: { $secret: 'file:/etc/phoenix/secrets/acmeplugin-zone.data' } },
    },
    metric_servers: {
      figures: { type: 'graphite', server: '10.0.0.30', port: 2003, disable: true },
      flux: {
        type: 'influxdb',
        server: '10.0.0.31',
        port: 8086,
        influxdbproto: 'https',
        token: { $secret: 'file:/etc/phoenix/secrets/metrics-flux.token' },
      },
    },
    options: { keyboard: 'de', migration: { type: 'secure', network: '10.0.0.0/24' } },
    backup_jobs: { nightly: { schedule: '02:30', all: true, storage: 'local', 'prune-backups': { 'keep-daily': 7 } } },
    storages: {
      local: { type: 'dir', path: '/var/lib/vz', content: ['backup', 'iso', 'snippets', 'vztmpl'] },
      tank: { type: 'zfspool', pool: 'tank/guests', sparse: true, content: ['images', 'rootdir'], nodes: ['pve'] },
      media: {
        type: 'nfs',
        export: '/tank/media',
        server: '10.0.0.9',
        path: '/mnt/pve/media',
        'prune-backups': { 'keep-all': true },
        content: ['iso'],
        disable: true,
      },
      share: {
        type: 'cifs',
        server: '10.0.0.9',
        share: 'vm',
        username: 'pve',
        content: ['backup'],
        password: { $secret: 'file:/etc/phoenix/secrets/storage-share.password' },
      },
      open: { type: 'cifs', server: '10.0.0.9', share: 'all', content: ['iso'] },
      old: { type: 'dir', path: '/srv/old', content: ['backup'] },
    },
    gotify_targets: {
      push: { server: 'https://push.example', token: { $secret: 'file:/etc/phoenix/secrets/gotify-push.token' } },
    },
    webhook_targets: {
      chat: {
        method: 'post',
        url: 'https://chat.example/{{ secrets.key }}',
        secret: {
          key: { $secret: 'file:/etc/phoenix/secrets/webhook-chat.secret.key' },
          id: { $secret: 'file:/etc/phoenix/secrets/webhook-chat.secret.id' },
        },
      },
    },
    aliases: { lan: { cidr: '10.0.0.0/24', comment: 'at home' } },
    ip_sets: {
      ban: {
        entries: [
          { cidr: 'dc/lan', nomatch: true },
          { cidr: '10.66.0.0/16', comment: 'since May' },
        ],
      },
      empty: { comment: 'filled by a program' },
    },
    firewall_groups: {
      web: {
        comment: 'what the world may ask',
        rules: [
          { type: 'in', action: 'ACCEPT', macro: 'HTTPS', source: '+dc/ban', log: 'info', comment: 'from there' },
          { type: 'out', action: 'DROP', proto: 'icmp', icmp_type: 'echo-request', enabled: false },
        ],
      },
      odd: {},
    },
    firewall_rules: [
      { type: 'in', action: 'ACCEPT', macro: 'Ping', iface: 'vmbr0', source: '+dc/ban', comment: 'asked often' },
      { type: 'forward', action: 'DROP' },
    ],
    vnet_firewalls: {
      front: {
        enable: true,
        policy_forward: 'DROP',
        rules: [
          { type: 'group', action: 'web' },
          { type: 'forward', action: 'ACCEPT', dest: 'dc/lan' },
        ],
      },
    },
    sdn_zones: { inner: { type: 'simple', ipam: 'pve' } },
    sdn_vnets: { front: { zone: 'inner', alias: 'Front' } },
    sdn_subnets: {
      'front/10.20.0.0/24': {
        'dhcp-range': [{ 'start-address': '10.20.0.50', 'end-address': '10.20.0.60' }],
        gateway: '10.20.0.1',
        snat: true,
      },
    },
  });
  expect(imported.files[HYPERVISOR_FILE]).toMatchObject({ proxmox_storage_ids: { odd: 'odd' } });
  expect(imported.files[LXC_FILE]).toMatchObject({
    lxc_configs: {
      101: {
        firewall: {
          rules: [
            { type: 'group', action: 'web', iface: 'net0', comment: 'as the others' },
            { type: 'in', action: 'ACCEPT', source: '+dc/ban', proto: 'tcp', port: '22', log: 'nolog' },
          ],
        },
      },
    },
  });
  expect(imported.left.map(({ what }) => what).sort()).toEqual([
    '/etc/pve/firewall/cluster.fw (line 23)',
    'backup/nightly script (/etc/pve/jobs.cfg:7)',
    'datacenter/options fencing (/etc/pve/datacenter.cfg:5)',
    'pool prod/inner (/etc/pve/user.cfg:7)',
    'realm/sso client-key (/etc/pve/domains.cfg:4)',
    'securitygroup/odd rules (/etc/pve/firewall/cluster.fw:21)',
    'storage/odd (/etc/pve/storage.cfg:40)',
    'storage/old maxfiles (/etc/pve/storage.cfg:27)',
    'user/x@norealm (/etc/pve/user.cfg:4)',
    'vnet/away (/etc/pve/sdn/vnets.cfg:8)',
    'vnet/back zone, type (/etc/pve/sdn/vnets.cfg:5)',
    'vnet/gone type, zone (/etc/pve/sdn/vnets.cfg)',
    'zone/far (/etc/pve/sdn/zones.cfg:4)',
  ]);
  expect(imported.secrets.map(({ reference, put, path }) => [reference, put, path])).toEqual([
    [
      'file:/etc/phoenix/secrets/storage-share.password',
      'Password that the server is asked with',
      '/storages/share/password',
    ],
    [
      'file:/etc/phoenix/secrets/realm-house.password',
      'Password that the directory is asked with',
      '/realms/house/password',
    ],
    [
      'file:/etc/phoenix/secrets/user-ada@pve.password',
      'Password of a user of the realm pve',
      '/users/ada@pve/password',
    ],
    ['file:/etc/phoenix/secrets/metrics-flux.token', 'Token of an InfluxDB server', '/metric_servers/flux/token'],
    [
      'file:/etc/phoenix/secrets/acmeplugin-zone.data',
      'What the API of the DNS provider asks for, a line NAME=value for each',
      '/acme_plugins/zone/data',
    ],
    ['file:/etc/phoenix/secrets/gotify-push.token', 'Token of the application there', '/gotify_targets/push/token'],
    ...['key', 'id'].map((name) => [
      `file:/etc/phoenix/secrets/webhook-chat.secret.${name}`,
      'What url, header and body call by "{{ secrets.NAME }}"',
      `/webhook_targets/chat/secret/${name}`,
    ]),
  ]);
  expect(JSON.stringify(imported)).not.toMatch(/hunter2|aHVudGVyMg/);
  const compared = await comparedWith(host, imported);
  expect(compared.flatMap((one) => (one.kind === 'same' && one.mark ? [one.target] : [])).sort()).toEqual([
    'acmeplugin/zone',
    'alias/lan',
    'backup/nightly',
    'gotify/push',
    'group/ops',
    'ipset/ban',
    'ipset/empty',
    'lxc/101',
    'metrics/flux',
    'pci/gpu',
    'pool/prod',
    'realm/house',
    'realm/sso',
    'securitygroup/odd',
    'securitygroup/web',
    'storage/share',
    'token/ada@pve!backup',
    'user/ada@pve',
    'webhook/chat',
  ]);
  // Taken over, everything stays as it was but for the marks, and a second time there is nothing to do.
  for (const { reference } of imported.secrets)
    await host.write(reference.replace('file:', ''), 'what a person put there\n');
  const config = load(snapshotOf(imported.files, imported.texts), settings).config;
  const targets = [...(config === null ? [] : allTargets(config).values())].filter(
    ({ id }) => !/^(lxc|hypervisor)\//.test(id),
  );
  for (const target of targets) {
    const step = (more: object) => convergeStep(managerOf(kindOf(target.id)), host, wanted(target, more));
    expect([target.id, await step({ adopt: true })]).toMatchObject([target.id, { outcome: 'done' }]);
    expect([target.id, await step({ before: target.spec })]).toMatchObject([
      target.id,
      { outcome: 'done', actions: [] },
    ]);
  }
  for (const [path, text] of Object.entries(FILES)) {
    if (/\/(lxc|firewall\/1)/.test(path)) continue;
    const words = wordsWithoutMarks(await host.read(path));
    // Proxmox also writes built-in entries.
    if (/(domains|notifications)\.cfg$/.test(path))
      expect(words).toEqual(expect.arrayContaining(wordsWithoutMarks(text)));
    else expect(words, path).toEqual(wordsWithoutMarks(text));
  }
  await host.close();
});

/** In any order: Proxmox rewrites a file in its own order. */
function wordsWithoutMarks(text: string): string[] {
  const marks = /(comment|description)? ?(%20)?(\[|%5B)kept by Phoenix from [^\]\s]+(\]|%5D)| # *$/gm;
  return text
    .replaceAll(marks, '')
    .split(/[\s,:]+/)
    .filter((word) => word !== '' && word !== '#')
    .sort();
}

test('an adopted object keeps its secret until the referenced value changes', async () => {
  const reference = 'file:/etc/phoenix/secrets/metrics-flux.token';
  const host = await openLabHost();
  for (const path of ['/etc/pve/status.cfg', '/etc/pve/priv/metricserver/flux.pw', '/etc/pve/user.cfg'])
    await host.write(path, FILES[path] ?? '');
  await host.write('/etc/phoenix/secrets/metrics-flux.token', 'first\n');
  const [target] = targetsOf({
    metric_servers: { flux: { type: 'influxdb', server: '10.0.0.31', port: 8086, token: { $secret: reference } } },
  });
  if (target === undefined) throw new Error('nothing is declared');
  const step = (more: object) => convergeStep(kindOfObject('metrics'), host, wanted(target, more));
  const token = () => host.read('/etc/pve/priv/metricserver/flux.pw');
  expect(await step({})).toMatchObject({ outcome: 'refused' });
  const taken = await step({ adopt: true });
  expect(taken).toMatchObject({ outcome: 'done', actions: [{ summary: expect.stringMatching(/^note which token/) }] });
  expect(await token()).toBe('hunter2-of-flux');
  expect(await step({ before: target.spec })).toMatchObject({ outcome: 'done', actions: [] });
  await host.write('/etc/phoenix/secrets/metrics-flux.token', 'second\n');
  expect(await step({ before: target.spec })).toMatchObject({ outcome: 'done' });
  expect(await token()).toBe('second');
  await host.close();
});

/** Lines of an object, some of which are there. */
const some = (...lines: string[]) => fc.subarray(lines).map((chosen) => chosen.map((line) => `\t${line}\n`).join(''));
const sections = (...all: fc.Arbitrary<string>[]) => fc.tuple(...all).map((each) => each.join('\n'));
const maybe = (one: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 2, arbitrary: one });
const headed = (head: string, more: fc.Arbitrary<string>) => maybe(more.map((lines) => `${head}\n${lines}`));

const STORAGES = sections(
  headed('dir: local\n\tpath /var/lib/vz', some('content iso,vztmpl', 'prune-backups keep-last=3', 'shared')),
  headed(
    'dir: extra\n\tpath /srv/extra',
    some('content backup,iso', 'nodes pve', 'disable', 'is_mountpoint yes', 'bwlimit restore=100'),
  ),
  headed('dir: system\n\tpath /etc/isos', some('content iso')),
  headed(
    'nfs: films\n\tserver 10.0.0.9\n\texport /films',
    some('options vers=4.2', 'content images', 'path /mnt/pve/films', 'maxfiles 1'),
  ),
  headed(
    'cifs: share\n\tserver 10.0.0.9\n\tshare vm',
    some('username pve', 'domain HOME', 'smbversion 3', 'content backup'),
  ),
  headed('lvm: disks\n\tvgname disks', some('content images,rootdir', 'saferemove 1', 'saferemove 0', 'shared 1')),
  headed('zfspool: tank\n\tpool tank', some('sparse', 'blocksize 16k', 'content rootdir,images', 'mountpoint /tank')),
  headed('rbd: ceph\n\tpool vms', some('krbd 1', 'monhost 10.0.0.1 10.0.0.2', 'username admin', 'content images')),
  headed(
    'pbs: vault\n\tdatastore main\n\tserver 10.0.0.8',
    some('username a@pbs', 'namespace home', 'encryption-key 1', 'fingerprint 11:22'),
  ),
  headed('unknown: what', some('content images')),
);
const RULE = fc.constantFrom(
  'IN ACCEPT -source +trusted -p tcp -dport 22,80:90',
  'IN SSH(ACCEPT) -source lan -log nolog # From home: all of it',
  '|OUT DROP -dest 10.0.0.0/8 -p udp -sport 53',
  'OUT REJECT -p icmp -icmp-type 8',
  'IN ACCEPT -source dc/lan,10.9.9.9',
  'IN ACCEPT -p 47',
  'IN ACCEPT -what is this',
);
const rules = fc.array(RULE, { maxLength: 4 }).map((lines) => lines.map((line) => `${line}\n`).join(''));
const entries = fc
  .uniqueArray(fc.constantFrom('lan', '10.1.2.3', '!10.1.0.0/16', 'fd00::/8 # six', '0.0.0.0/0', 'nobody', 'fd00:0::1'))
  .map((lines) => lines.map((line) => `${line}\n`).join(''));
const FIREWALL = sections(
  fc.constant('[OPTIONS]\n\nenable: 0\n'),
  headed('[ALIASES]\n', fc.constant('lan 10.0.0.0/24\nOffice 10.8.0.0/16 # far\n')),
  headed('[IPSET trusted] # those we know\n', entries),
  headed('[IPSET ban]\n', entries),
  headed('[group web]\n', rules),
  headed('[group inner] # not for all\n', rules),
);
const GUEST_RULES = fc
  .array(fc.oneof(RULE, fc.constantFrom('GROUP web', '|GROUP inner -i net0 # later', 'GROUP nobody')), { maxLength: 3 })
  .map((lines) => `[OPTIONS]\n\nenable: 1\nlog_level_in: info\n\n[RULES]\n\n${lines.join('\n')}\n`);
const ZONES = sections(
  headed('simple: inner', some('ipam pve', 'mtu 1400', 'dhcp dnsmasq', 'nodes pve')),
  headed('vlan: tags\n\tbridge vmbr0', some('mtu 1500', 'ipam pve')),
  headed('evpn: far\n\tcontroller c1\n\tvrf-vxlan 5', fc.constant('')),
);
const VNETS = sections(
  headed('vnet: front\n\tzone inner', some('alias Front', 'isolate-ports 1', 'vlanaware 0')),
  headed('vnet: dmz\n\tzone tags\n\ttag 20', some('alias DMZ', 'vlanaware 1')),
  headed('vnet: away\n\tzone far\n\ttag 8', fc.constant('')),
);
const SUBNETS = sections(
  headed(
    'subnet: inner-10.20.0.0-24\n\tvnet front',
    some('gateway 10.20.0.1', 'snat 1', 'dhcp-range start-address=10.20.0.5,end-address=10.20.0.9'),
  ),
  headed('subnet: inner-fd00:20::-64\n\tvnet front', some('gateway fd00:20::1')),
);

/** What was applied: as declared, or as declared before a change. */
function applied(zones: string, vnets: string, subnets: string): string {
  const idsOf = (text: string, type: string | null) =>
    Object.fromEntries(
      [...parseSections(text)].map(([id, section]) => [
        id,
        {
          type: type ?? section.type,
          ...Object.fromEntries(
            Object.entries(section.options).map(([key, [first]]) => [key, key === 'dhcp-range' ? [first] : first]),
          ),
        },
      ]),
    );
  const all = {
    zones: { ids: idsOf(zones, null) },
    vnets: { ids: idsOf(vnets, 'vnet') },
    subnets: { ids: idsOf(subnets, 'subnet') },
  };
  return JSON.stringify({ version: 2, ...all });
}

test('the written file would change nothing but marks, and a second import is the same', LONG_TEST, async () => {
  const host = await openLabHost();
  const sdn = fc.record({ zones: ZONES, vnets: VNETS, subnets: SUBNETS });
  const state = fc.record({
    storages: STORAGES,
    firewall: FIREWALL,
    guest: GUEST_RULES,
    sdn,
    before: fc.option(sdn, { freq: 1 }),
    here: fc.constantFrom(2, 2, 2, 1),
  });
  await fc.assert(
    fc.asyncProperty(state, async ({ storages, firewall, guest, sdn: { zones, vnets, subnets }, before, here }) => {
      const was = before ?? { zones, vnets, subnets };
      await host.write('/etc/pve/storage.cfg', storages);
      await host.write('/etc/pve/firewall/cluster.fw', firewall);
      await host.write('/etc/pve/firewall/101.fw', guest);
      await host.write('/etc/pve/lxc/101.conf', FILES['/etc/pve/lxc/101.conf'] ?? '');
      await host.write('/etc/pve/sdn/zones.cfg', zones);
      await host.write('/etc/pve/sdn/vnets.cfg', vnets);
      await host.write('/etc/pve/sdn/subnets.cfg', subnets);
      await host.write('/etc/pve/sdn/.running-config', applied(was.zones, was.vnets, was.subnets));
      await host.write('/etc/network/interfaces.d/sdn', `#version:${here}\n`);
      const { imported } = await readHost(host, [], settings);
      await comparedWith(host, imported);
      for (const { what, why } of imported.left) expect([what, why]).not.toContain('');
      // A guest is never left out because of its surroundings.
      expect(imported.files[LXC_FILE]).toMatchObject({ lxc_configs: { 101: { name: 'web' } } });
      // A pending change is not part of the declaration.
      const declared = imported.files[DATACENTER_FILE]?.['sdn_vnets'] ?? {};
      if (here !== 2) expect(declared).toEqual({});
      for (const name of Object.keys(declared)) expect(was.vnets).toContain(`vnet: ${name}\n`);
    }),
    { numRuns: 20 },
  );
  await host.close();
});
