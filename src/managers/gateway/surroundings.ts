// What both gateways need to know of the configuration around them: their container, its certificates, and who can reach it.

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
  /** Inside the container. */
  readonly chain: string;
  readonly key: string;
  /** On the node. */
  readonly source: string;
  /** It is issued through the gateway itself, so that it need not be there when nginx starts. */
  readonly late: boolean;
};

/** A container that can be found in the network; null for one without a fixed address. */
export function placed(guest: LxcGuest | null): LxcGuest | null {
  return guest === null || fixedAddress(guest.network.ip) === null ? null : guest;
}

/** Without prefix length; empty for a guest without a fixed one. */
export function addressOf(guest: Guest): string {
  const address = fixedAddress(guest.network.ip);
  return address === null ? '' : spelling(address);
}

/** An address as it stands in a URL. */
export function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** The certificates of the manifest that lie where the container sees them. */
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

/** Whether the guest's firewall lets the node in at a port, so that the node can ask whether it answers there. */
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

/** Where feature `trusted_ca` puts the root certificate, in a guest. */
const TRUSTED = '/usr/local/share/ca-certificates/phoenix-root-ca.crt';

/** Where a container sees the root certificate of the environment: its own copy, or the folder that the authority publishes it in. */
export function rootInside(config: Config, guest: LxcGuest): string | null {
  if (guest.features.some(({ name }) => name === 'trusted_ca')) return TRUSTED;
  const ca = caOf(config);
  const published = ca?.mountPoints.find(({ containerPath }) => containerPath === '/etc/step-ca/ssl');
  return published === undefined ? null : guestPathOf(guest, `${published.hostPath}/root_ca.crt`);
}
