// What is on a host of the objects of a datacenter, brought into the file: as it is, without what is built in, and so that nothing would change.

import { expect, test } from 'vitest';
import { memoizedReader } from '../../../src/agent/apply/inventories.ts';
import { compareTargets } from '../../../src/cli/host/compare.ts';
import { snapshotOf } from '../../../src/cli/host/written-snapshot.ts';
import { readHost } from '../../../src/cli/import/import.ts';
import { sourceSettings } from '../../../src/cli/source.ts';
import { load } from '../../../src/load/load.ts';
import { allTargets } from '../../../src/managers/index.ts';
import { DATACENTER_FILE } from '../../../src/managers/places.ts';
import { openLabHost } from '../../support/lab-host.ts';

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
    'openid: sso\n\tclient-id pve\n\tissuer-url https://id.example.org/\n\tclient-key k1\n\tautocreate 1\n\n',
  '/etc/pve/jobs.cfg':
    'vzdump: nightly\n\tschedule 02:30\n\tall 1\n\tenabled 1\n\tprune-backups keep-daily=7\n\tstorage local\n\tscript /root/x.sh\n\n',
  '/etc/pve/mapping/pci.cfg': 'gpu\n\tmap node=pve,path=0000:01:00,id=10de:2204,iommugroup=14\n\tdescription Card\n\n',
  '/etc/pve/status.cfg': 'graphite: figures\n\tdisable\n\tport 2003\n\tserver 10.0.0.30\n\n',
  '/etc/pve/datacenter.cfg': '#Notes\n\nkeyboard: de\nmigration: secure,network=10.0.0.0/24\n',
};

test('what is there is written as it is, and nothing of it would change', async () => {
  const host = await openLabHost();
  for (const [path, text] of Object.entries(FILES)) await host.write(path, text);
  const settings = sourceSettings({ env: {} });
  const { imported } = await readHost(host, [], settings);
  expect(imported.files[DATACENTER_FILE]).toEqual({
    pools: { prod: { storage: ['local'] } },
    realms: { sso: { type: 'openid', 'client-id': 'pve', 'issuer-url': 'https://id.example.org/', autocreate: true } },
    groups: { ops: { comment: 'Who: operators' } },
    roles: { Watch: { privs: ['VM.Audit', 'VM.Console'] } },
    users: { 'ada@pve': { comment: 'Of the house', email: 'ada@example.org', firstname: 'Ada', groups: ['ops'] } },
    tokens: { 'ada@pve!backup': { privsep: false } },
    acl: {
      everything: { path: '/', roles: ['PVEAuditor'], groups: ['ops'], propagate: false },
      vms: { path: '/vms', roles: ['PVEVMUser', 'Watch'], users: ['ada@pve'], tokens: ['ada@pve!backup'] },
    },
    pci_mappings: {
      gpu: { description: 'Card', map: [{ node: 'pve', path: '0000:01:00', id: '10de:2204', iommugroup: 14 }] },
    },
    metric_servers: { figures: { type: 'graphite', server: '10.0.0.30', port: 2003, disable: true } },
    options: { keyboard: 'de', migration: { type: 'secure', network: '10.0.0.0/24' } },
    backup_jobs: { nightly: { schedule: '02:30', all: true, storage: 'local', 'prune-backups': { 'keep-daily': 7 } } },
  });
  expect(imported.left.map(({ what }) => what).sort()).toEqual([
    'backup/nightly script (/etc/pve/jobs.cfg)',
    'pool prod/inner (/etc/pve/user.cfg)',
    'realm/sso client-key (/etc/pve/domains.cfg)',
    'user/x@norealm users.x@norealm',
  ]);
  const again = await readHost(host, [], settings);
  expect(again).toEqual({ imported, targets: again.targets });
  const { config, problems } = load(snapshotOf(imported.files, imported.texts), settings);
  if (config === null) throw new Error(JSON.stringify(problems));
  const targets = allTargets(config);
  const compared = await compareTargets(host, memoizedReader(host), targets);
  expect(compared.filter(({ kind }) => kind !== 'same')).toEqual([]);
  expect(compared.flatMap((one) => (one.kind === 'same' && one.mark ? [one.target] : [])).sort()).toEqual([
    'backup/nightly',
    'group/ops',
    'pci/gpu',
    'pool/prod',
    'realm/sso',
    'token/ada@pve!backup',
    'user/ada@pve',
  ]);
  await host.close();
});
