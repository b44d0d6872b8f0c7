// What both gateways need from the rest of the configuration: their container, its certificates, and who can reach it.

import { contains, fixedAddress, spelling } from '../../config/address.ts';
import type { TargetId } from '../../model/ids.ts';
import type { Certificate } from '../certificate/declared.ts';
import type { Config, Guest } from '../config.ts';
import { caOf, certificateTarget } from '../dependencies.ts';
import { withoutMacro } from '../guest/firewall-macros.ts';
import { guestPathOf } from '../guest/mounted-paths.ts';
import { namesPort, someNetwork } from '../guest/rules/firewall-reach.ts';
import type { LxcGuest } from '../lxc/declared.ts';

export type Served = {
  readonly target: TargetId;
  readonly names: readonly string[];
  /** Path of the chain inside the container. */
  readonly chain: string;
  readonly key: string;
  /** Path of the chain on the node. */
  readonly source: string;
  /** The certificate is issued through the gateway itself, so it may be missing when nginx starts. */
  readonly late: boolean;
};

/** The container if it has a fixed address, else null. */
export function placed(guest: LxcGuest | null): LxcGuest | null {
  return guest === null || fixedAddress(guest.network.ip) === null ? null : guest;
}

/** Address without prefix length; empty for a guest without a fixed one. */
export function addressOf(guest: Guest): string {
  const address = fixedAddress(guest.network.ip);
  return address === null ? '' : spelling(address);
}

/** An address in the form used in a URL. */
export function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** The certificates of the manifest whose folder the container mounts. */
export function certificatesOf(config: Config, guest: LxcGuest): Served[] {
  return config.certificates.flatMap((certificate: Certificate) => {
    const chain = guestPathOf(guest, certificate.certPath);
    const key = guestPathOf(guest, certificate.keyPath);
    if (chain === null || key === null) return [];
    const names = certificate.sans.map((san) => san.toLowerCase());
    const late = certificate.issuer === 'acme';
    return [{ target: certificateTarget(certificate), names, chain, key, source: certificate.certPath, late }];
  });
}

/** Whether the guest's firewall accepts the node at a port, so that the node can verify the service. */
export function nodeReaches({ hypervisor }: Config, guest: Guest, port: number): boolean {
  const { firewall } = guest;
  if (firewall === null || !firewall.enabled) return true;
  const node = fixedAddress(hypervisor.network.address);
  const rule = firewall.rules
    .flatMap(withoutMacro)
    .find(
      ({ type, enabled, proto, port: ports, source }) =>
        type === 'in' &&
        enabled &&
        (proto === null || proto === 'tcp') &&
        namesPort(ports, port) &&
        someNetwork(source, false, (network) => node !== null && contains(network, node)),
    );
  return (rule?.action ?? firewall.policyIn) === 'ACCEPT';
}

/** Path of the root certificate that the feature `trusted_ca` installs in a guest. */
const TRUSTED = '/usr/local/share/ca-certificates/phoenix-root-ca.crt';

/** The container's path of the environment's root certificate: its own copy, or the folder to which the authority publishes it. */
export function rootInside(config: Config, guest: LxcGuest): string | null {
  if (guest.features.some(({ name }) => name === 'trusted_ca')) return TRUSTED;
  const ca = caOf(config);
  const published = ca?.mountPoints.find(({ containerPath }) => containerPath === '/etc/step-ca/ssl');
  return published === undefined ? null : guestPathOf(guest, `${published.hostPath}/root_ca.crt`);
}
