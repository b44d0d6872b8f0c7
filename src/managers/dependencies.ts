// Dependencies between targets of different kinds, and the guests with special roles. Guests are found by role, never by name or number. A dependency
// that nothing declares is dropped from every plan, so it may be listed here unconditionally.

import { type TargetId, targetId } from '../model/ids.ts';
import type { Certificate } from './certificate/declared.ts';
import type { Config, Guest } from './config.ts';
import { objectsNamedBy } from './guest/firewall-names.ts';
import { interfacesOf } from './guest/guests.ts';
import { guestPathOf } from './guest/mounted-paths.ts';
import { ASKING_THE_CA } from './guest/rules/dependency-cycle.ts';
import type { LxcGuest } from './lxc/declared.ts';
import type { VmGuest } from './vm/declared.ts';

/** The certificate authority: the container with role `ca`. */
export function caOf(config: Config): LxcGuest | null {
  return withRole(config, 'ca');
}

/** The inner proxy, Traefik: the container with role `proxy`. */
export function proxyOf(config: Config): LxcGuest | null {
  return withRole(config, 'proxy');
}

/** The gateway for public names, nginx: the container with role `gateway`. */
export function gatewayOf(config: Config): LxcGuest | null {
  return withRole(config, 'gateway');
}

type Role = NonNullable<LxcGuest['role']>;

/** Cached, since every guest needs it and it depends on the configuration only. */
const guestsByRole = new WeakMap<Config, ReadonlyMap<Role, LxcGuest>>();

function withRole(config: Config, role: Role): LxcGuest | null {
  const known =
    guestsByRole.get(config) ??
    new Map(config.lxc.flatMap((guest) => (guest.role === null ? [] : [[guest.role, guest] as const])).reverse());
  guestsByRole.set(config, known);
  return known.get(role) ?? null;
}

/** The VM that the Portainer server runs on. */
export function primaryOf(config: Config): VmGuest | null {
  return config.vm.find((vm) => vm.portainer.role === 'primary') ?? null;
}

/** VMs that Portainer reaches by its agent. */
export function agentsOf(config: Config): readonly VmGuest[] {
  return config.vm.filter((vm) => vm.portainer.role === 'agent');
}

export function guestTarget(guest: Guest): TargetId {
  return targetId(guest.kind, guest.id);
}

/** Sections of the host that other targets depend on. */
export const HOST = {
  network: targetId('hypervisor', 'network'),
  storage: targetId('hypervisor', 'storage'),
  nfs: targetId('hypervisor', 'nfs'),
  dns: targetId('hypervisor', 'dns'),
  trust: targetId('hypervisor', 'trust'),
  gpu: targetId('hypervisor', 'gpu'),
  snippets: targetId('hypervisor', 'snippets'),
} as const;

export const PORTAINER_SERVER = targetId('portainer', 'server');

export function certificateTarget({ commonName }: Certificate): TargetId {
  return targetId('certificate', commonName);
}

export function environmentTarget({ portainer }: VmGuest): TargetId {
  return targetId('portainer', `environment.${portainer.environmentName}`);
}

/** Certificates whose files are in a folder that the guest mounts. */
export function certificatesSeenBy(config: Config, guest: Guest): readonly Certificate[] {
  return config.certificates.filter(({ certPath }) => guestPathOf(guest, certPath) !== null);
}

/** Whether one of its interfaces is on a declared vnet. */
function isOnVnet(guest: Guest, { datacenter }: Config): boolean {
  const vnets = datacenter?.get('vnet') ?? [];
  return vnets.length > 0 && interfacesOf(guest).some(({ net }) => vnets.some(({ name }) => name === net.bridge));
}

/** Dependencies of a guest other than guests: sections of the host, and the authority that its features contact, whose root the host provides. */
export function restsOn(guest: Guest, config: Config): TargetId[] {
  const { network } = config.hypervisor;
  const own = network.address?.split('/')[0];
  const asksHost = own !== undefined && guest.network.nameservers.includes(own);
  const mounts = guest.kind === 'vm' && guest.volumes.length > 0;
  const ca = caOf(config);
  const asksCa = ca !== null && ca !== guest && guest.features.some(({ name }) => ASKING_THE_CA.has(name));
  return [
    HOST.network,
    HOST.storage,
    ...storagesOf(guest, config),
    ...(mounts ? [HOST.nfs] : []),
    ...(guest.kind === 'lxc' && guest.gpus.length > 0 ? [HOST.gpu] : []),
    ...(asksHost ? [HOST.dns] : []),
    ...(asksCa ? [guestTarget(ca), HOST.trust] : []),
    ...(guest.pool === null ? [] : [targetId('pool', guest.pool)]),
    ...objectsNamedBy(guest.firewall?.rules ?? []),
    ...(isOnVnet(guest, config) ? [targetId('sdn', 'network')] : []),
  ];
}

/** Storages that are separate targets, among those that a guest names anywhere, alone or before a volume. */
function storagesOf(guest: Guest, { hypervisor }: Config): TargetId[] {
  const own = hypervisor.storages.filter(({ ownTarget }) => ownTarget === true);
  if (own.length === 0) return [];
  const texts = textsIn(guest);
  const isNamed = (id: string): boolean => texts.some((text) => text === id || text.startsWith(`${id}:`));
  return own.flatMap(({ id }) => (isNamed(id) ? [targetId('storage', id)] : []));
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
