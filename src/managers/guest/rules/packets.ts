// Checks the sizes of packets of guests' interfaces against their bridges.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { RuleContext } from '../../rule.ts';
import { CREATION_DEFAULTS } from '../creation-defaults.ts';
import { allGuests, interfacesOf, nameOfGuest, targetOf } from '../guests.ts';

/**
 * INVALID_VALUE: an interface has larger packets than its declared bridge: Proxmox refuses it, or the start of its VM. Only cards of the model virtio
 * have a size of their own. (pve-container, PVE/LXC/Config.pm; qemu-server, PVE/QemuServer.pm, print_netdevice_full)
 */
export function packetsFitTheirBridges({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('network')) return [];
  const { bridges, ovs = [] } = config.hypervisor.network;
  const sizes = new Map([...bridges, ...ovs].map(({ name, mtu }) => [name, mtu]));
  return allGuests(config).flatMap((guest) =>
    interfacesOf(guest).flatMap(({ net, at }): Diagnostic[] => {
      const bridge = net.bridge ?? CREATION_DEFAULTS[guest.kind].bridge;
      const most = sizes.get(bridge) ?? null;
      const isOwn = guest.kind === 'lxc' || net.model === null || net.model === 'virtio';
      if (net.mtu === null || most === null || !isOwn || net.mtu <= most) return [];
      return [
        {
          code: 'INVALID_VALUE',
          at: placeIn(at, 'mtu'),
          message: `${nameOfGuest(guest)} has packets of ${net.mtu} bytes on ${bridge}, which passes ${most} at most`,
          hint: `Write ${most}, take it out, or give the bridge a larger "mtu".`,
          target: targetOf(guest),
        },
      ];
    }),
  );
}
