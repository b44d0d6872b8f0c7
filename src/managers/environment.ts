// A summary of a configuration for people: its guests with their addresses, the gateway's routes, the certificates, and what runs where. Pure.

import { fixedAddress, spelling } from '../config/address.ts';
import type { DeclaredEnvironment, DeclaredInterface, DeclaredService } from '../model/environment.ts';
import type { TargetId } from '../model/ids.ts';
import type { Config } from './config.ts';
import { caOf, certificateTarget, gatewayOf, guestTarget, proxyOf } from './dependencies.ts';
import type { GuestInterface } from './guest/declared.ts';
import { allGuests, presentInterfacesOf } from './guest/guests.ts';
import { type Backend, isNamed, type NamedService } from './routes/route.ts';
import { routesOf } from './routes/routes.ts';
import { targetOnVm } from './stack/target.ts';

export function environmentOf(config: Config, commit: string): DeclaredEnvironment {
  const withRole = (guest: ReturnType<typeof caOf>) => (guest === null ? null : guestTarget(guest));
  return {
    commit,
    guests: allGuests(config).map((guest) => ({
      target: guestTarget(guest),
      name: guest.name,
      interfaces: presentInterfacesOf(guest).map(({ net }) => interfaceOf(net)),
    })),
    gateway: withRole(gatewayOf(config)),
    proxy: withRole(proxyOf(config)),
    authority: withRole(caOf(config)),
    services: servicesOf(config),
    certificates: config.certificates.map(certificateTarget),
    stacks: config.vm.flatMap((vm) =>
      vm.stacks.map(({ name }) => ({ target: targetOnVm(vm, name, config), guest: guestTarget(vm) })),
    ),
  };
}

function interfaceOf({ bridge, vlan, ip, ip6 }: GuestInterface): DeclaredInterface {
  return { bridge, vlan, addresses: [ip, ip6].filter((each) => each !== null) };
}

function servicesOf(config: Config): DeclaredService[] {
  const byAddress = new Map<string, TargetId>();
  for (const guest of allGuests(config)) {
    for (const { net } of presentInterfacesOf(guest)) {
      for (const address of [fixedAddress(net.ip), fixedAddress(net.ip6)]) {
        if (address !== null) byAddress.set(spelling(address), guestTarget(guest));
      }
    }
  }
  return routesOf(config).routes.flatMap(({ hosts, backend }) =>
    hosts.flatMap((name) => placesOf(backend).map((place) => ({ name, ...withGuest(place, byAddress) }))),
  );
}

interface Served {
  readonly leadsTo: string;
  /** Null where it is not an IP address. */
  readonly address: string | null;
}

function placesOf(backend: Backend | NamedService): Served[] {
  if (isNamed(backend)) return [{ leadsTo: backend.named, address: null }];
  return backend.servers.map((server) => {
    // A written URL may contain credentials.
    if ('url' in server) return { leadsTo: URL.parse(server.url)?.host ?? 'an address of its own', address: null };
    const { address, port } = server;
    return { leadsTo: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`, address };
  });
}

function withGuest({ leadsTo, address }: Served, byAddress: ReadonlyMap<string, TargetId>) {
  return { leadsTo, guest: address === null ? null : (byAddress.get(address) ?? null) };
}
