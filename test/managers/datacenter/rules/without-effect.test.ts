// Options that Proxmox takes and never reads, because of what is declared beside them.

import { expect, test } from 'vitest';
import { problemsOf } from '../kinds.ts';

const EVERY_NIGHT = { schedule: '02:30', all: true, storage: 'local' };
const INFLUX = { type: 'influxdb', server: '10.0.0.9', port: 8089 };
const GRAPHITE = { type: 'graphite', server: '10.0.0.9', port: 2003 };
const OTEL = { type: 'opentelemetry', server: '10.0.0.9', port: 4318, 'otel-verify-ssl': true };
const LDAP = { type: 'ldap', server1: 'ldap.example.org', base_dn: 'dc=example', user_attr: 'uid' };
const OPENID = { type: 'openid', 'issuer-url': 'https://id.example.org', 'client-id': 'pve' };
const LVM = { type: 'lvm', vgname: 'vault' };
const DIR = { type: 'dir', path: '/srv/media' };
const ISO = { storage: 'local', content: 'iso', filename: 'a.iso', 'verify-certificates': true };
const EVPN = { type: 'evpn', controller: 'inside', 'vrf-vxlan': 4000 };
const CONTROLLERS = { inside: { type: 'evpn', asn: 65_000, peers: ['10.0.0.14'] } };
const BGP = { type: 'bgp', asn: 65_001, node: 'pve', peers: ['10.0.0.15'], 'ebgp-multihop': 2 };
const SUBNET = {
  'dhcp-range': [{ 'start-address': '10.20.0.10', 'end-address': '10.20.0.20' }],
  'dhcp-dns-server': '10.20.0.1',
};
const [NAME, VLAN] = ['back/10.20.0.0/24', { type: 'vlan', bridge: 'vmbr0' }];
const DNS = {
  names: { type: 'powerdns', url: 'http://10.0.0.53:8081/api', key: { $secret: 'file:/etc/phoenix/secrets/dns' } },
};
const TOKEN = { $secret: 'file:/etc/phoenix/secrets/influx' };
const FORWARD = { rules: [{ type: 'forward', action: 'ACCEPT', macro: 'HTTPS', source: '10.0.0.0/24' }] };

/** A vnet in a zone, with a subnet. */
const network = (zone: object, subnet: object, others: object = {}) => ({
  sdn_zones: { inner: zone },
  sdn_vnets: { back: { zone: 'inner', ...('bridge' in zone ? { tag: 10 } : {}) } },
  sdn_subnets: { [NAME]: subnet },
  ...others,
});

/** What is idle; its place below the file; the same where it has an effect. */
const CASES: readonly (readonly [datacenter: object, fields: readonly string[], effective: object])[] = [
  ...(
    [
      [{ zstd: 2, compress: 'gzip' }, ['zstd'], { zstd: 2, compress: 'zstd' }],
      [{ pigz: 2, compress: 'zstd' }, ['pigz'], { pigz: 2, compress: 'gzip' }],
      [
        { mailto: ['ops@example.org'], 'notification-mode': 'notification-system' },
        ['mailto'],
        { mailto: ['ops@example.org'] },
      ],
      [{ stopwait: 5 }, ['stopwait'], { stopwait: 5, mode: 'stop' }],
      [
        { fleecing: { storage: 'local-lvm' } },
        ['fleecing/storage'],
        { fleecing: { enabled: true, storage: 'local-lvm' } },
      ],
    ] as const
  ).map(
    ([idle, fields, effective]) =>
      [
        { backup_jobs: { nightly: { ...EVERY_NIGHT, ...idle } } },
        fields.map((field) => `backup_jobs/nightly/${field}`),
        { backup_jobs: { nightly: { ...EVERY_NIGHT, ...effective } } },
      ] as const,
  ),
  ...(
    [
      [
        { ...LVM, saferemove_throughput: '1000' },
        ['saferemove_throughput'],
        { ...LVM, saferemove_throughput: '1000', saferemove: true },
      ],
      [
        { ...DIR, content: ['iso'], 'prune-backups': { 'keep-last': 3 }, preallocation: 'off' },
        ['prune-backups', 'preallocation'],
        { ...DIR, content: ['backup', 'images'], 'prune-backups': { 'keep-last': 3 }, preallocation: 'off' },
      ],
    ] as const
  ).map(
    ([idle, fields, effective]) =>
      [
        { storages: { vault: idle } },
        fields.map((field) => `storages/vault/${field}`),
        { storages: { vault: effective } },
      ] as const,
  ),
  [
    { realms: { home: { ...OPENID, 'groups-overwrite': true } } },
    ['realms/home/groups-overwrite'],
    { realms: { home: { ...OPENID, 'groups-overwrite': true, 'groups-claim': 'groups' } } },
  ],
  [
    { realms: { home: { ...LDAP, verify: true, sslversion: 'tlsv1_3' } } },
    ['realms/home/verify', 'realms/home/sslversion'],
    {
      realms: {
        home: { ...LDAP, verify: true, sslversion: 'tlsv1_3', mode: 'ldaps' },
        other: { ...LDAP, verify: false },
      },
    },
  ],
  [
    { metric_servers: { stats: { ...INFLUX, bucket: 'pve', token: TOKEN } } },
    ['metric_servers/stats/bucket', 'metric_servers/stats/token'],
    { metric_servers: { stats: { ...INFLUX, bucket: 'pve', token: TOKEN, influxdbproto: 'https' } } },
  ],
  [
    { metric_servers: { stats: { ...INFLUX, influxdbproto: 'http', 'verify-certificate': true, mtu: 1400 } } },
    ['metric_servers/stats/verify-certificate', 'metric_servers/stats/mtu'],
    { metric_servers: { stats: { ...INFLUX, mtu: 1400 } } },
  ],
  [
    { metric_servers: { stats: { ...GRAPHITE, timeout: 3 } } },
    ['metric_servers/stats/timeout'],
    { metric_servers: { stats: { ...GRAPHITE, timeout: 3, proto: 'tcp' } } },
  ],
  [
    { metric_servers: { stats: { ...OTEL, 'otel-protocol': 'http' } } },
    ['metric_servers/stats/otel-verify-ssl'],
    { metric_servers: { stats: OTEL } },
  ],
  [
    { downloads: { image: { ...ISO, url: 'http://example.org/a.iso' } } },
    ['downloads/image/verify-certificates'],
    { downloads: { image: { ...ISO, url: 'https://example.org/a.iso' } } },
  ],
  [
    { ha_resources: { 'ct:101': { state: 'ignored', max_restart: 3 } } },
    ['ha_resources/ct:101/max_restart'],
    { ha_resources: { 'ct:101': { max_restart: 3 } } },
  ],
  [
    { sdn_controllers: CONTROLLERS, sdn_zones: { wide: { ...EVPN, 'exitnodes-primary': 'pve' } } },
    ['sdn_zones/wide/exitnodes-primary'],
    { sdn_controllers: CONTROLLERS, sdn_zones: { wide: { ...EVPN, 'exitnodes-primary': 'pve', exitnodes: ['pve'] } } },
  ],
  [
    { sdn_controllers: { ...CONTROLLERS, bgppve: BGP } },
    ['sdn_controllers/bgppve/ebgp-multihop'],
    { sdn_controllers: { ...CONTROLLERS, bgppve: { ...BGP, ebgp: true } } },
  ],
  [
    network({ type: 'simple', ipam: 'pve' }, { ...SUBNET, dnszoneprefix: 'b' }),
    [
      ...['dhcp-range', 'dhcp-dns-server', 'dnszoneprefix'].map(
        (option) => `sdn_subnets/${NAME.replaceAll('/', '~1')}/${option}`,
      ),
    ],
    network(
      { type: 'simple', ipam: 'pve', dnszone: 'a.example', dns: 'names', dhcp: 'dnsmasq' },
      { ...SUBNET, dnszoneprefix: 'b' },
      { sdn_dns: DNS },
    ),
  ],
  [
    network(VLAN, { snat: true, gateway: '10.20.0.1' }),
    [`sdn_subnets/${NAME.replaceAll('/', '~1')}/snat`],
    network({ type: 'simple' }, { snat: true, gateway: '10.20.0.1' }),
  ],
  [
    network(VLAN, {}, { vnet_firewalls: { back: FORWARD } }),
    ['vnet_firewalls/back/rules'],
    network(VLAN, {}, { vnet_firewalls: { back: { ...FORWARD, enable: false } } }),
  ],
];

test.each(CASES)('%j', (idle, fields, effective) => {
  expect(problemsOf(idle).map(({ code, path }) => [code, path])).toEqual(
    fields.map((field) => ['NO_EFFECT', `/${field}`]),
  );
  expect(problemsOf(effective)).toEqual([]);
});
