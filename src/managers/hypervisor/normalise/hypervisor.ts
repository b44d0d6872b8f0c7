// Normalises the hypervisor's file: from the written form to the configuration of the host.

import ipaddr from 'ipaddr.js';
import type { z } from 'zod';
import { type FilesByPath, fileAt } from '../../../config/files.ts';
import type { Place } from '../../../config/read/place.ts';
import { placeIn } from '../../../config/read/place.ts';
import { normaliseSecret } from '../../../config/secret.ts';
import { normaliseRules } from '../../guest/normalise.ts';
import type { HostBond, HostBridge, HostNetwork, HostVlan, Hypervisor } from '../declared.ts';
import type { hypervisorFile } from '../schema/hypervisor.ts';
import { normaliseDrift, normalisePolicy } from './policy.ts';
import { normaliseZfs, storagePlacesOf, storagesOf } from './storage.ts';

type Written = z.output<typeof hypervisorFile>;

/** @param files of the config repo, by path */
export function normaliseHypervisor(written: Written, at: Place, firewallAt: Place, files: FilesByPath): Hypervisor {
  const zfs = normaliseZfs(written, at);
  const base = written.mount_point_base;
  const storages = storagesOf(zfs.datasets, written.proxmox_storage_ids);
  return {
    writtenAt: at,
    domain: written.domain_name,
    packageRepositories: repositoriesOf(written),
    pageCertificate: pageCertificateOf(written),
    timezone: written.timezone ?? null,
    snippets: written.snippets.map(({ name, source }) => ({ name, ...fileAt(files, source) })),
    memoryGb: written.memory_gb ?? null,
    user: userOf(written),
    network: networkOf(written),
    hosts: written.network.hosts.map(({ address, names }) => ({ address, names })),
    knownHosts: Object.values(written.known_hosts).flat(),
    knownAliases: written.known_aliases,
    knownIpSets: written.known_ip_sets,
    portainerAgentImage: written.docker.portainer_agent_image,
    nfsExports: written.nfs?.exports ?? [],
    samba: sambaOf(written, base),
    zfs,
    storages,
    storagePlaces: storagePlacesOf(zfs.datasets, written.proxmox_storage_ids, storages, at),
    mountPointBase: base,
    nvidia: nvidiaOf(written),
    firewall: firewallOf(written, firewallAt),
    portainer: portainerOf(written),
    ubuntuRelease: written.vm_defaults.ubuntu_release,
    dns: {
      enabled: written.dns_server?.enabled ?? false,
      upstreamServers: written.dns_server?.upstream_servers ?? [],
    },
    stepCa: stepCaOf(written),
    behavior: {
      rollbackOnFailure: written.behavior.rollback_on_failure,
      maxDeleteShare: written.behavior.max_delete_share ?? MAX_DELETE_SHARE,
      ...(written.behavior.max_delete_share === undefined ? {} : { isShareWritten: true }),
    },
    policy: normalisePolicy(written.phoenix, written.timezone ?? null),
    drift: normaliseDrift(written.phoenix),
  };
}

/** Of the guests, where none is declared. */
const MAX_DELETE_SHARE = 0.3;

function repositoriesOf({ package_repositories: written }: Written): Hypervisor['packageRepositories'] {
  if (written === undefined) return null;
  const others = written.others.map(({ file, uri, suite, enabled }) => ({ file, uri, suite: suite ?? null, enabled }));
  const standard = Object.entries(written.standard).filter(([, used]) => used !== undefined);
  return { standard: Object.fromEntries(standard), others };
}

function pageCertificateOf({ page_certificate: written }: Written): Hypervisor['pageCertificate'] {
  if (written === undefined) return null;
  const { certificate, chain, key, fingerprint } = written;
  if (certificate !== undefined) return { by: 'certificate', name: certificate };
  if (chain === undefined || key === undefined) return { by: 'acme' };
  return {
    by: 'files',
    chain,
    key,
    ...(fingerprint === undefined ? {} : { fingerprint: fingerprint.toUpperCase() }),
  };
}

function userOf({ users }: Written): Hypervisor['user'] {
  if (users === undefined) return null;
  return {
    username: users.username,
    passwordHash: normaliseSecret(users.password_hash),
    sudo: users.sudo_access,
    sshPublicKey: users.ssh_public_key || null,
  };
}

function networkOf({ network }: Written): HostNetwork {
  const { name, address, gateway, dns_nameservers } = network.interfaces;
  return {
    name,
    address: address ?? null,
    gateway: gateway ?? null,
    nameservers: dns_nameservers,
    bridges: network.bridges.map(bridgeOf),
    bonds: network.bonds.map(bondOf),
    vlans: network.vlans.map(vlanOf),
    ...ovsOf(network),
    subnet: subnetOf(network.default_subnet ?? address),
    nfsServer: network.nfs_server ?? address?.split('/')[0] ?? null,
    portainerAgentPort: network.portainer_agent_port,
  };
}

function bridgeOf(bridge: Written['network']['bridges'][number]): HostBridge {
  const { name, ports, vlan_aware, vlan_ids } = bridge;
  const vlans = vlan_ids === undefined ? {} : { vlanIds: vlan_ids };
  return { kind: 'bridge', name, ...commonOf(bridge), ports, vlanAware: vlan_aware, ...vlans };
}

function bondOf(bond: Written['network']['bonds'][number]): HostBond {
  const { name, slaves, mode, miimon, xmit_hash_policy, primary } = bond;
  return {
    kind: 'bond',
    name,
    ...commonOf(bond),
    slaves,
    mode,
    miimon,
    xmitHashPolicy: xmit_hash_policy ?? null,
    primary: primary ?? null,
  };
}

/** A name such as `eno2.30` already gives parent interface and tag. */
function vlanOf(written: Written['network']['vlans'][number]): HostVlan {
  const { name, interface: device, vlan } = written;
  const [, before = '', number] = /^(.+)\.(\d+)$/.exec(name) ?? [];
  return {
    kind: 'vlan',
    name,
    ...commonOf(written),
    device: device ?? before,
    vlan: vlan ?? Number(number),
  };
}

/** Nothing at all where none is declared, so that a host without Open vSwitch has the spec that it had. */
function ovsOf({ ovs_bridges, ovs_bonds, ovs_ports }: Written['network']): Pick<HostNetwork, 'ovs'> {
  const onBridges = [...ovs_bonds, ...ovs_ports];
  const ovs = [
    ...ovs_bonds.map((bond) => {
      const { name, bridge, slaves, mode, vlan, mtu } = bond;
      return { kind: 'ovs_bond', name, ...commonOf({ mtu }), bridge, slaves, mode, vlan: vlan ?? null } as const;
    }),
    ...ovs_ports.map((port) => {
      const { name, bridge, vlan } = port;
      return { kind: 'ovs_port', name, ...commonOf(port), bridge, vlan: vlan ?? null } as const;
    }),
    ...ovs_bridges.map((bridge) => {
      const attached = onBridges.filter((each) => each.bridge === bridge.name).map(({ name }) => name);
      const ports = [...bridge.ports, ...attached];
      return { kind: 'ovs_bridge', name: bridge.name, ...commonOf(bridge), ports, attached } as const;
    }),
  ];
  return ovs.length === 0 ? {} : { ovs };
}

type WrittenInterface = Partial<Written['network']['vlans'][number]>;

function commonOf({ address, gateway, address6, gateway6, mtu }: WrittenInterface) {
  return {
    address: address ?? null,
    ...(gateway === undefined ? {} : { gateway }),
    ...(address6 === undefined ? {} : { address6 }),
    ...(gateway6 === undefined ? {} : { gateway6 }),
    mtu: mtu ?? null,
  };
}

/** The network of an address: `10.0.0.0/24` for `10.0.0.13/24`. */
function subnetOf(cidr: string | undefined): string | null {
  if (cidr === undefined) return null;
  const network = cidr.includes(':')
    ? ipaddr.IPv6.networkAddressFromCIDR(cidr)
    : ipaddr.IPv4.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${cidr.split('/')[1]}`;
}

function sambaOf({ samba }: Written, base: string): Hypervisor['samba'] {
  if (samba === undefined) return null;
  return {
    user: samba.user,
    shares: samba.shares.map((share) => ({
      name: share.name,
      path: share.path.startsWith('/') ? share.path : `${base}/${share.path}`,
      validUsers: share.valid_users,
      browsable: share.browsable,
      readOnly: share.read_only,
      guestOk: share.guest_ok,
    })),
  };
}

function nvidiaOf({ nvidia_driver: driver }: Written): Hypervisor['nvidia'] {
  if (driver === undefined) return null;
  return { install: driver.install, version: driver.version, runfileUrl: driver.runfile_url ?? null };
}

function firewallOf({ firewall }: Written, at: Place): Hypervisor['firewall'] {
  if (firewall === undefined) return null;
  return {
    writtenAt: at,
    enabled: firewall.enabled,
    policyIn: firewall.default_input_policy,
    policyOut: firewall.default_output_policy,
    rules: normaliseRules(firewall.global_firewall_rules, placeIn(at, 'global_firewall_rules')),
  };
}

function portainerOf({ portainer_api: portainer }: Written): Hypervisor['portainer'] {
  if (portainer === undefined) return null;
  return {
    adminUser: portainer.admin_user,
    adminPassword: normaliseSecret(portainer.admin_password),
    agentSecret: portainer.agent_secret ?? null,
    hostname: portainer.portainer_hostname ?? null,
  };
}

function stepCaOf({ step_ca: ca, domain_name: domain }: Written): Hypervisor['stepCa'] {
  if (ca === undefined) return null;
  return {
    rootName: ca.root_ca_name,
    intermediateName: ca.intermediate_ca_name,
    dnsName: ca.dns_name ?? `ca.${domain}`,
    provisionerName: ca.provisioner_name ?? `admin@${domain}`,
  };
}
