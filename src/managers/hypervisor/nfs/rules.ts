// What a VM mounts from the host must be exported to it.

import { contains, fixedAddress, parseNetwork, spelling } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Config } from '../../config.ts';
import { CREATION_DEFAULTS } from '../../guest/creation-defaults.ts';
import { nameOfGuest, targetOf } from '../../guest/guests.ts';
import type { RuleContext } from '../../rule.ts';
import type { NfsVolume } from '../../vm/declared.ts';
import type { NfsExport } from '../declared.ts';

/** NFS_NOT_EXPORTED: no export of the host contains the path, or none of those that do admits the VM. */
export function mountedPathsAreExported({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('nfs', 'network')) return [];
  return config.vm.flatMap((vm) =>
    vm.volumes.flatMap((volume, index): Diagnostic[] => {
      if (!isThisHost(volume, config) || unreadable.address(vm.id)) return [];
      const holding = config.hypervisor.nfsExports.filter((one) => lies(volume.path, one.path));
      const address = fixedAddress(vm.network.ip);
      if (holding.some((one) => admits(one, address, vm.name))) return [];
      const path = placeIn(vm.writtenAt, 'volumes', index, 'path');
      const clients = holding.flatMap((one) => one.clients);
      return [
        {
          code: 'NFS_NOT_EXPORTED',
          at: path,
          message:
            holding.length === 0
              ? `The host does not export ${volume.path}`
              : `The host exports ${volume.path} only to ${clients.join(', ') || 'nobody'}, not to ${nameOfGuest(vm)} at ${(vm.network.ip ?? CREATION_DEFAULTS.vm.ip).split('/')[0]}`,
          hint: 'Name the path and the VM in nfs.exports of the hypervisor.',
          target: targetOf(vm),
        },
      ];
    }),
  );
}

function isThisHost(volume: NfsVolume, config: Config): boolean {
  const { address, nfsServer } = config.hypervisor.network;
  const server = fixedAddress(volume.server);
  const host = fixedAddress(address);
  if (server === null || host === null) return volume.server === nfsServer;
  return spelling(server) === spelling(host);
}

function lies(path: string, folder: string): boolean {
  const parent = folder.replace(/\/+$/, '');
  return path === parent || path.startsWith(`${parent}/`) || parent === '';
}

/** Wildcards and names of other machines cannot be resolved here: they count as admitting the VM. */
function admits(one: NfsExport, address: ReturnType<typeof fixedAddress>, name: string): boolean {
  return one.clients.some((client) => {
    const network = parseNetwork(client);
    if (network !== undefined) return address === null || contains(network, address);
    return /[*?@]/.test(client) || client.toLowerCase().split('.')[0] === name.toLowerCase().split('.')[0];
  });
}
