// Each section of the host by the laws of comparisons (compared.ts), with specs and hosts that are generated.

import fc from 'fast-check';
import { digest, MARK } from '../../../src/managers/hypervisor/act.ts';
import { withBlock } from '../../../src/managers/hypervisor/block.ts';
import type { HostBond, HostBridge, HostVlan, PackageRepositories } from '../../../src/managers/hypervisor/declared.ts';
import { dns } from '../../../src/managers/hypervisor/dns/dns-section.ts';
import { type DnsSpec, recordsText, staticText } from '../../../src/managers/hypervisor/dns/records.ts';
import { FILES, type FirewallSpec } from '../../../src/managers/hypervisor/firewall/files.ts';
import { firewall } from '../../../src/managers/hypervisor/firewall/firewall-section.ts';
import { gpu } from '../../../src/managers/hypervisor/gpu/gpu-section.ts';
import { withEntries } from '../../../src/managers/hypervisor/hosts/entries.ts';
import { hosts } from '../../../src/managers/hypervisor/hosts/hosts-section.ts';
import { network } from '../../../src/managers/hypervisor/network/network-section.ts';
import type { NetworkSpec } from '../../../src/managers/hypervisor/network/obstacles.ts';
import { interfacesText } from '../../../src/managers/hypervisor/network/own-file.ts';
import { exportsText } from '../../../src/managers/hypervisor/nfs/exports.ts';
import { nfs } from '../../../src/managers/hypervisor/nfs/nfs-section.ts';
import { repositories } from '../../../src/managers/hypervisor/repositories/repositories-section.ts';
import { toldText } from '../../../src/managers/hypervisor/samba/files.ts';
import { samba } from '../../../src/managers/hypervisor/samba/samba-section.ts';
import { mainText, sharesText } from '../../../src/managers/hypervisor/samba/shares.ts';
import type { Section } from '../../../src/managers/hypervisor/section.ts';
import { snippets } from '../../../src/managers/hypervisor/snippets/snippets-section.ts';
import { confText } from '../../../src/managers/hypervisor/storage/cache.ts';
import type { StoragePart } from '../../../src/managers/hypervisor/storage/part.ts';
import { storage } from '../../../src/managers/hypervisor/storage/storage-section.ts';
import { time } from '../../../src/managers/hypervisor/time/time-section.ts';
import { passwordNote } from '../../../src/managers/hypervisor/users/password.ts';
import { sudoText } from '../../../src/managers/hypervisor/users/sudo.ts';
import { users } from '../../../src/managers/hypervisor/users/users-section.ts';
import type { UserSpec } from '../../../src/managers/hypervisor/users/users-spec.ts';
import type { BlobId } from '../../../src/model/ids.ts';
import { APT_FOLDER, printAptFile, readAptFiles } from '../../../src/proxmox/files/apt-repositories.ts';
import { newStandard } from '../../../src/proxmox/files/apt-standard.ts';
import { testComparison } from '../compared.ts';
import { manager } from './parts.ts';

const RUNNING = { installed: true, active: true, enabled: true };
const units = {
  'dnsmasq.service': RUNNING,
  'nfs-server.service': RUNNING,
  'pve-firewall.service': RUNNING,
  'smbd.service': RUNNING,
};

/** Few values, so that two specs often share some. */
const oneOf = <const T>(...values: readonly T[]) => fc.constantFrom(...values);
/** In order, since another order of a list may be another text of the same meaning. */
const some = <T>(each: fc.Arbitrary<T>, by: (one: T) => string, minLength = 0) =>
  fc
    .uniqueArray(each, { selector: by, minLength, maxLength: 4 })
    .map((list) => list.sort((a, b) => (by(a) < by(b) ? -1 : 1)));
const address = oneOf('10.0.0.5', '10.0.0.6', '10.0.0.7', 'fd00::5');

function testSection<Spec extends object>(
  section: Pick<Section<Spec, never, never>, 'name' | 'compares'>,
  specs: fc.Arbitrary<Spec>,
  seen: (spec: Spec) => unknown,
): void {
  testComparison(manager, { target: `hypervisor/${section.name}`, fields: section.compares.fields, specs, seen });
}

testSection(time, fc.record({ timezone: oneOf('Europe/Berlin', 'Etc/UTC') }), ({ timezone }) => ({
  timezone,
  kept: true,
}));

testSection(gpu, fc.record({ version: oneOf('550.54.14', '570.86.15') }), ({ version }) => ({ running: version }));

testSection(
  hosts,
  fc.record({
    hosts: some(
      fc.record({ address, names: some(oneOf('nas', 'nas.lan', 'printer'), String, 1) }),
      (one) => one.address,
    ).filter((list) => new Set(list.flatMap(({ names }) => names)).size === list.flatMap(({ names }) => names).length),
  }),
  ({ hosts: entries }) => ({ text: withEntries('127.0.0.1 localhost\n', entries), unread: null, units }),
);

const dnsSpecs: fc.Arbitrary<DnsSpec> = fc.record({
  domain: oneOf('example.internal', 'lan'),
  upstreams: some(address, String),
  address: fc.option(address),
  records: some(fc.record({ name: oneOf('nas', 'ca.lan', 'qdrant.lan'), address }), ({ name }) => name),
});
testSection(dns, dnsSpecs, (spec) => ({
  ...{ conf: staticText(spec), records: recordsText(spec.records), started: digest(staticText(spec)) },
  ...{ staged: null, unproved: null, units },
}));

const rule = fc.record({
  ...{
    type: oneOf('in', 'out'),
    action: oneOf('ACCEPT', 'DROP'),
    proto: fc.constant('tcp'),
    port: oneOf('22', '8006'),
  },
  ...{ source: fc.option(oneOf('10.0.0.0/24', '10.0.1.0/24')), dest: fc.constant(null), sourcePort: fc.constant(null) },
  ...{ iface: fc.constant(null), log: fc.constant(null), enabled: fc.boolean(), comment: fc.option(oneOf('ssh')) },
});
const policies = oneOf('ACCEPT', 'DROP', 'REJECT');
testSection(
  firewall,
  fc.record({
    enabled: fc.boolean(),
    policyIn: policies,
    policyOut: policies,
    rules: fc.array(rule, { maxLength: 4 }),
  }),
  (spec: FirewallSpec) => ({
    ...{
      cluster: FILES.cluster.text(spec, null),
      host: FILES.host.text(spec, null),
      units,
      unproved: null,
      faults: [],
    },
    around: { managed: [], agent: null, detectedNetwork: '10.0.0.0/24' },
  }),
);

const bridge: fc.Arbitrary<HostBridge> = fc.record({
  ...{
    kind: fc.constant('bridge'),
    name: oneOf('vmbr1', 'vmbr2'),
    address: fc.option(oneOf('10.1.0.1/24', '10.2.0.1/24')),
  },
  ...{ mtu: fc.option(oneOf(1500, 9000)), ports: some(oneOf('eno3', 'eno4'), String), vlanAware: fc.boolean() },
});
const bond: fc.Arbitrary<HostBond> = fc.record({
  ...{
    kind: fc.constant('bond'),
    name: oneOf('bond0', 'bond1'),
    address: fc.constant(null),
    mtu: fc.option(oneOf(9000)),
  },
  ...{ slaves: fc.constant(['eno5', 'eno6']), mode: oneOf('802.3ad', 'active-backup'), miimon: oneOf(100, 200) },
  ...{ xmitHashPolicy: fc.constant(null), primary: fc.constant(null) },
});
const vlan: fc.Arbitrary<HostVlan> = fc.record({
  ...{ kind: fc.constant('vlan'), name: oneOf('vlan20', 'vlan30'), address: fc.option(oneOf('10.3.0.1/24')) },
  ...{ mtu: fc.constant(null), device: oneOf('eno2', 'eno7'), vlan: oneOf(20, 30) },
});
testSection(
  network,
  fc
    .record({
      ...{
        name: fc.constant('vmbr0'),
        address: oneOf('10.0.0.2/24', '10.0.0.3/24'),
        gateway: oneOf('10.0.0.1', '10.0.0.254'),
      },
      ...{ nameservers: some(address, String, 1), resolves: fc.constant(true) },
      ...{
        bridges: some(bridge, ({ name }) => name),
        bonds: some(bond, ({ name }) => name),
        vlans: some(vlan, ({ name }) => name),
      },
    })
    .filter(isPossible),
  (spec: NetworkSpec) => {
    const own = [...spec.bonds, ...spec.vlans, ...spec.bridges];
    const kernel = new Map([...own, spec].map(({ name, address: has }) => [name, has === null ? [] : [has]]));
    const main = `iface vmbr0 inet static\n\taddress ${spec.address}\n\tgateway ${spec.gateway}\n\nsource /etc/network/interfaces.d/*\n`;
    const resolv = spec.nameservers.map((server) => `nameserver ${server}\n`).join('');
    return { main, own: own.length === 0 ? null : interfacesText(own), others: [], resolv, armed: null, kernel };
  },
);

/** No port and no network twice, which would be refused. */
function isPossible({ bridges, bonds, vlans }: Pick<NetworkSpec, 'bridges' | 'bonds' | 'vlans'>): boolean {
  const ports = [...bridges.flatMap((one) => one.ports), ...bonds.flatMap(({ slaves }) => slaves)];
  const networks = [...bridges, ...vlans].flatMap((one) => one.address ?? []);
  return new Set(ports).size === ports.length && new Set(networks).size === networks.length;
}

testSection(
  nfs,
  fc.record({
    exports: some(
      fc.record({
        ...{ path: oneOf('/tank/a', '/tank/b'), client: oneOf('10.0.0.0/24', '10.0.0.9') },
        options: some(oneOf('rw', 'no_root_squash', 'async', 'anonuid=1000'), String),
      }),
      ({ path, client }) => `${path} ${client}`,
      1,
    ),
    folders: fc.constant([]),
  }),
  ({ exports }) => ({
    ...{ own: exportsText(exports), begun: null, foreign: [], units, missing: new Set() },
    active: exports,
  }),
);

testSection(
  samba,
  fc.record({
    user: fc.constant('ada'),
    shares: some(
      fc.record({
        ...{ name: oneOf('media', 'backup', 'home.ada'), path: oneOf('/tank/media', '/tank/my files') },
        ...{ validUsers: some(oneOf('ada', '@staff'), String), browsable: fc.boolean(), readOnly: fc.boolean() },
        guestOk: fc.boolean(),
      }),
      ({ name }) => name,
      1,
    ),
    make: fc.constant([]),
  }),
  ({ shares }) => {
    const [own, main] = [sharesText(shares), mainText('[global]\n   workgroup = HOME\n', '/etc/samba/phoenix.conf')];
    return {
      ...{ own, main, staged: { own: null, main: null }, told: toldText(own, main), unproved: null, units },
      ...{ passwd: 'ada:x:1000:1000::/home/ada:/bin/bash\n', missing: new Set() },
    };
  },
);

/** Contents and Git's ids of them. */
const CONTENTS = [
  ['#cloud-config\n', '8692cde1bf0606cd03bf8782ee03344f10511994' as BlobId],
  ['#cloud-config\npackages: [vim]\n', 'a926a52070938a7541f22d9d47c1f85d22c1cef4' as BlobId],
] as const;
const snippet = fc.record({
  ...{ name: oneOf('router.yaml', 'web.yaml'), path: fc.constant('snippets/a.yaml') },
  blob: oneOf(CONTENTS[0][1], CONTENTS[1][1]),
});
testSection(snippets, fc.record({ snippets: some(snippet, ({ name }) => name, 1) }), ({ snippets: declared }) => ({
  files: new Map(
    declared.map(({ name, blob }) => [
      `/var/lib/vz/snippets/${name}`,
      CONTENTS.find(([, id]) => id === blob)?.[0] ?? '',
    ]),
  ),
  noted: `${JSON.stringify(declared.map(({ name }) => name).sort())}\n`,
  guests: null,
}));

const HANDLES = ['no-subscription', 'enterprise', 'test'] as const;
const OTHER = { file: `${APT_FOLDER}/docker.list`, uri: 'https://download.docker.com/linux/debian', suite: 'trixie' };
testSection(
  repositories,
  fc.record({
    standard: fc.record(Object.fromEntries(HANDLES.map((handle) => [handle, fc.boolean()])), { requiredKeys: [] }),
    others: fc.boolean().map((enabled) => [{ ...OTHER, enabled }]),
  }),
  ({ standard, others }: PackageRepositories) => {
    const used = HANDLES.filter((handle) => standard[handle] === true);
    const texts = new Map([
      ...used.map((handle) => {
        const path = `${APT_FOLDER}/${handle}.sources`;
        return [path, printAptFile(path, [newStandard(handle, 'trixie').repository])] as const;
      }),
      ...others.map(
        ({ file, uri, suite, enabled }) => [file, `${enabled ? '' : '# '}deb ${uri} ${suite} stable\n`] as const,
      ),
    ]);
    return { ...readAptFiles(texts), suite: 'trixie' };
  },
);

const content = some(oneOf('images', 'rootdir'), String, 1);
const properties = fc.record({ recordsize: oneOf('16K', '1M'), quota: oneOf('10G', 'none') }, { requiredKeys: [] });
const BYTES = { '16K': '16384', '1M': '1048576', '10G': '10737418240', none: '0' } as const;
testSection(
  storage,
  fc.record({
    pools: fc.constant([{ name: 'tank', disks: ['/dev/disk/by-id/a'] }]),
    datasets: some(fc.record({ name: oneOf('tank/a', 'tank/b'), properties }), ({ name }) => name),
    storages: some(
      fc.record({
        ...{ id: oneOf('tank-a', 'tank-b'), type: oneOf('zfspool'), dataset: oneOf('tank/a', 'tank/b') },
        ...{ folder: fc.constant('/tank/a'), contents: content },
      }),
      ({ id }) => id,
    ),
    cacheBytes: fc.option(oneOf(8 * 1024 ** 3, 16 * 1024 ** 3)),
  }),
  ({ datasets, storages, cacheBytes }: StoragePart) => {
    const values = (of: Readonly<Record<string, string>>) =>
      Object.entries({ ...of, type: 'filesystem', mounted: 'yes', canmount: 'on', mountpoint: '/x' }).map(
        ([name, value]) => [name, { value: BYTES[value as keyof typeof BYTES] ?? value, source: 'local' }] as const,
      );
    const conf = cacheBytes === null ? null : confText(cacheBytes);
    const ids = storages.map(({ id }) => id).sort();
    return {
      datasets: new Map([
        ['tank', new Map(values({}))] as const,
        ...datasets.map((one) => [one.name, new Map(values(one.properties))] as const),
      ]),
      storages: {
        entries: new Map(
          storages.map((one) => [
            one.id,
            {
              type: one.type,
              options: new Map([
                ['pool', one.dataset],
                ['content', one.contents.join(',')],
              ]),
            },
          ]),
        ),
        note: ids.length === 0 ? null : [MARK, ...ids, ''].join('\n'),
        guests: null,
      },
      cache: { conf, live: String(cacheBytes ?? 0), copied: conf === null ? null : `${digest(conf)}\n` },
    };
  },
);

const KEYS = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ada', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB ada'] as const;
testSection(
  users,
  fc.record({
    ...{
      username: fc.constant('ada'),
      hasPassword: fc.constant(true),
      sudo: fc.boolean(),
      sshKey: fc.option(oneOf(...KEYS)),
    },
    passwordHash: fc.option(oneOf({ $secret: 'env:A' }, { $secret: 'env:B' })),
  }),
  ({ username, hasPassword, sudo, sshKey, passwordHash }: UserSpec) => ({
    accounts: [{ name: username, uid: 1000, gid: 1000, home: '/home/ada', ours: true }],
    proxmox: `user:${username}@pam:1:0::::Kept by Phoenix::\nacl:1:/:${username}@pam:Administrator:\n`,
    keys: new Map([[username, sshKey === null ? '' : withBlock('', [sshKey])]]),
    ...{ sudoInstalled: true, staged: null, sudoers: sudo ? sudoText(username, hasPassword) : null },
    note: passwordHash === null ? null : passwordNote(username, passwordHash),
  }),
);
