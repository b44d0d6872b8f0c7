// Whatever is in the files of a host, an import of it validates, plans nothing, reads the same again, and lists with its line what it leaves.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { HYPERVISOR_FILE } from '../../../src/managers/places.ts';
import { openLabHost } from '../../support/host/lab-host.ts';
import { importHolds } from './import-law.ts';
import { ODD_HOSTS } from './odd-hosts.ts';

/** What is left of each, by its name and line. */
const LEFT: Readonly<Record<string, readonly string[]>> = {
  nothing: [],
  empty: [],
  'a node that was renamed': [],
  'no network files': [],
  'empty network files': [],
  storages: [
    'storage/local maxfiles (/etc/pve/storage.cfg:5)',
    'storage/old (/etc/pve/storage.cfg:27)',
    'storage/third (/etc/pve/storage.cfg:33)',
    'storage/trailing mkdir (/etc/pve/storage.cfg:42)',
    'storage/pbs encryption-key (/etc/pve/storage.cfg:62)',
    'storage/local nodes (/etc/pve/storage.cfg:2)',
    'storage/in.etc (/etc/pve/storage.cfg:44)',
    'storage/empty (/etc/pve/storage.cfg:65)',
    'storage/overiscsi (/etc/pve/storage.cfg:78)',
    'storage/broken (/etc/pve/storage.cfg:97)',
  ],
  network: [
    'hypervisor/network bond0 (/etc/network/interfaces:16)',
    'hypervisor/network vmbr0.20 (/etc/network/interfaces:40)',
    'hypervisor/network eno5 (/etc/network/interfaces:61)',
    'hypervisor/network vmbr0 post-up (/etc/network/interfaces:24)',
    'hypervisor/network vmbr0 inet6 (/etc/network/interfaces:35)',
    'hypervisor/network nameserver fe80::1%vmbr0 (/etc/resolv.conf)',
    '/etc/network/interfaces:3 source-directory /etc/network/more.d',
  ],
  'no search domain': [],
  'a search domain with a dot at its end': [],
  'a search domain that is no domain': ['hypervisor/domain_name my_lan (/etc/resolv.conf)'],
  'a route in place of a search domain': ['hypervisor/domain_name ~. (/etc/resolv.conf)'],
  'words of the resolver without values': [],
  'interfaces of a pattern': ['/etc/network/interfaces:15 source /etc/network/more.d/*.cfg'],
  'vlan management': [
    'hypervisor/network vmbr5v6 (/etc/network/interfaces:21)',
    'hypervisor/network vmbr0.10 address 10.0.0.14/24 (/etc/network/interfaces:15)',
  ],
  'dhcp management': ['hypervisor/network vmbr0 (/etc/network/interfaces:7)'],
  firewall: [
    'hypervisor/firewall (/etc/pve/firewall/cluster.fw, /etc/pve/local/host.fw)',
    '/etc/pve/firewall/cluster.fw (line 9)',
    '/etc/pve/firewall/cluster.fw (line 35)',
    '/etc/pve/firewall/cluster.fw (line 38)',
    '/etc/pve/firewall/cluster.fw (line 49)',
    'securitygroup/withbad rules (/etc/pve/firewall/cluster.fw:47)',
  ],
  access: [
    'pool prod/web (/etc/pve/user.cfg:15)',
    'pool 1st (/etc/pve/user.cfg:16)',
    'realm/dir secure (/etc/pve/domains.cfg:13)',
    'realm/dir capath (/etc/pve/domains.cfg:15)',
    'realm/dir tfa (/etc/pve/domains.cfg:16)',
    'realm/krb (/etc/pve/domains.cfg:24)',
    'realm/sso client-key (/etc/pve/domains.cfg:30)',
    'token api@pve!1st (/etc/pve/user.cfg:7)',
    'pool/prod storage.1 (/etc/pve/user.cfg:14)',
    'acl/bogus-path (/etc/pve/user.cfg)',
    'user/kim@corp (/etc/pve/user.cfg:2)',
    'acl/sdn-zones-localnetwork (/etc/pve/user.cfg)',
    'token/kim@corp!ci (/etc/pve/user.cfg:8)',
    'acl/vms-9999 (/etc/pve/user.cfg)',
    'role/Old (/etc/pve/user.cfg:18)',
  ],
  jobs: [
    'backup job 1f0c8b52-7d4e-4a52-9c1d-0a1b2c3d4e5f (/etc/pve/jobs.cfg:15)',
    'future-type x (/etc/pve/jobs.cfg:44)',
    'backup/pooled exclude (/etc/pve/jobs.cfg:24)',
    'realmsync/people (/etc/pve/jobs.cfg:39)',
  ],
  cluster: [
    'cpu/mine future (/etc/pve/virtual-guest/cpu-models.conf:5)',
    'metrics/px (/etc/pve/status.cfg:15)',
    'metrics/ot otel-headers (/etc/pve/status.cfg:22)',
    'datacenter/options migration_unsecure (/etc/pve/datacenter.cfg:6)',
    'datacenter/options unknown-key (/etc/pve/datacenter.cfg:13)',
    'node/options future (/etc/pve/local/config:6)',
    'ha/ct:101 group (/etc/pve/ha/resources.cfg:2)',
    'HA resource service:x (/etc/pve/ha/resources.cfg)',
    'harule/other (/etc/pve/ha/rules.cfg:5)',
    'replication job 7-0 (/etc/pve/replication.cfg:6)',
    'pci/gpu (/etc/pve/mapping/pci.cfg:1)',
    'pci/bad (/etc/pve/mapping/pci.cfg:6)',
  ],
  'software-defined network': [
    'IPAM z (/etc/pve/sdn/ipams.cfg:6)',
    'fabric/wg (/etc/pve/sdn/fabrics.cfg:1)',
    'controller/fx (/etc/pve/sdn/controllers.cfg:5)',
    'zone/f (/etc/pve/sdn/zones.cfg:10)',
    'zone/vx (/etc/pve/sdn/zones.cfg:18)',
    'subnet/v1/10.8.0.5/24 (/etc/pve/sdn/subnets.cfg:8)',
    'vnet/orphan (/etc/pve/sdn/vnets.cfg:5)',
    'subnet/orphan/10.7.0.0/24 (/etc/pve/sdn/subnets.cfg:11)',
  ],
  notifications: [
    'future y (/etc/pve/notifications.cfg:41)',
    'smtp target x (/etc/pve/notifications.cfg:23)',
    'matcher 9odd (/etc/pve/notifications.cfg:34)',
    'smtp/m1 mailto-user.0 (/etc/pve/notifications.cfg:15)',
    'matcher/default-matcher target.0 (/etc/pve/notifications.cfg:6)',
    'smtp/m1 mailto (/etc/pve/notifications.cfg:15)',
  ],
  'objects whose only option no field can say': ['pool/prod (/etc/pve/user.cfg:2)', 'group/ops (/etc/pve/user.cfg:1)'],
  'ACME plugins': [
    'ACME plugin 2nd (/etc/pve/priv/acme/plugins.cfg:7)',
    'ACME plugin z (/etc/pve/priv/acme/plugins.cfg:10)',
    'acmeaccount/default (/etc/pve/priv/acme)',
  ],
};

/** What is written of resolv.conf. */
const RESOLVED: Readonly<Record<string, { readonly domain: string; readonly servers: readonly string[] }>> = {
  'no search domain': { domain: 'home.arpa', servers: ['127.0.0.53'] },
  'a search domain with a dot at its end': { domain: 'lan', servers: ['1.1.1.1'] },
  'a search domain that is no domain': { domain: 'home.arpa', servers: ['1.1.1.1'] },
  'words of the resolver without values': { domain: 'home.arpa', servers: ['1.1.1.1', '9.9.9.9'] },
};

test.each(Object.entries(ODD_HOSTS))('%s', async (name, files) => {
  const host = await openLabHost();
  for (const [path, text] of Object.entries(files)) {
    const at = join(host.dir, path);
    mkdirSync(dirname(at), { recursive: true });
    if (text === null) rmSync(at, { force: true });
    else writeFileSync(at, text);
  }
  const isApplied = Boolean(files['/etc/pve/sdn/zones.cfg']);
  if (isApplied)
    await host.run({ kind: 'command', program: 'pvesh', args: ['set', '/cluster/sdn'], timeoutSeconds: 60 });
  const imported = await importHolds(host);
  expect(imported.left.map(({ what }) => what)).toEqual(LEFT[name]);
  const resolved = RESOLVED[name];
  if (resolved !== undefined)
    expect(imported.files[HYPERVISOR_FILE]).toMatchObject({
      domain_name: resolved.domain,
      network: { interfaces: { dns_nameservers: resolved.servers } },
    });
  await host.close();
});
