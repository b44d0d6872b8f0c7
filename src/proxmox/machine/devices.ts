// Devices of VMs that are refused where the VM starts: of USB and PCI, network cards and shared folders.

import type { Properties } from '../parameters/schema.ts';
import { type Check, isBefore, isOn, isQ35, type Machine, numbered, refused } from './fault.ts';

/** Places of USB that every VM has. */
const USB_PLACES = 5;

/** PVE/QemuServer/USB.pm, assert_usb_index_is_useable. */
export const usbHasItsPlace: Check = (machine) => {
  const { ostype = '' } = machine.options;
  if (!isBefore(machine, [7, 1, 0]) && /^(l26|win(8|10|11))$/.test(ostype)) return null;
  const beyond = numbered(machine, 'usb').find(({ index }) => index >= USB_PLACES);
  return beyond === undefined
    ? null
    : refused(
        'place of USB',
        [beyond.option, 'ostype', 'machine'],
        `using usb${beyond.index} is only possible with machine type >= 7.1 and ostype l26 or windows > 7`,
      );
};

/** PVE/QemuServer/PCI.pm, parse_hostpci_devices. */
export const pciIsReadable: Check = (machine) => {
  const { options, properties } = machine;
  let isLegacy = false;
  for (const { option } of numbered(machine, 'hostpci')) {
    const device = properties(option);
    const { host, mapping } = device;
    if (host !== undefined && mapping !== undefined)
      return refused('PCI by two names', [option], "Cannot set both 'host' and 'mapping'.");
    if (host === undefined && mapping === undefined)
      return refused('PCI by two names', [option], "Either 'host' or 'mapping' must be set.");
    if (device['mdev'] !== undefined && addressesOf(device).length > 1)
      return {
        ...refused('part of several', [option], 'cannot use mediated device with multifunction device'),
        property: 'mdev',
      };
    if (!isQ35(machine) && isOn(device['pcie']))
      return { ...refused('PCI Express', [option, 'machine'], 'q35 machine model is not enabled'), property: 'pcie' };
    if (isOn(device['legacy-igd'])) {
      const why = legacyFault(machine, device, isLegacy, options['vga']);
      if (why !== null) return refused('legacy graphics', [option, 'vga', 'machine'], why);
      isLegacy = true;
    }
  }
  return null;
};

/** PVE/QemuServer/PCI.pm, choose_hostpci_devices. */
export const pciIsGivenOnce: Check = (machine) => {
  const used: string[] = [];
  for (const { option } of numbered(machine, 'hostpci')) {
    const device = machine.properties(option);
    if (device['mdev'] !== undefined) continue;
    for (const address of addressesOf(device)) {
      const full = address.replace(/^0000:/, '').toLowerCase();
      // Without its last part, an address is all functions of the device.
      const twice = used.find((one) => one === full || one.startsWith(`${full}.`) || full.startsWith(`${one}.`));
      if (twice !== undefined) return refused('PCI twice', [option], `device '${address}' assigned more than once`);
      used.push(full);
    }
  }
  return null;
};

const addressesOf = ({ host }: Properties): string[] => (host ?? '').split(';').filter((one) => one !== '');

function legacyFault(machine: Machine, device: Properties, isSecond: boolean, vga: string | undefined): string | null {
  const [address, ...others] = addressesOf(device);
  const needs: readonly (readonly [isMet: boolean, message: string])[] = [
    [!isSecond, 'only one device can be assigned in legacy-igd mode'],
    [vga === 'none', "legacy IGD assignment requires VGA mode to be 'none'"],
    [device['rombar'] === undefined || isOn(device['rombar']), 'legacy IGD assignment requires rombar to be enabled'],
    [!isOn(device['x-vga']), 'legacy IGD assignment is not compatible with x-vga'],
    [device['mdev'] === undefined, 'legacy IGD assignment is not compatible with mdev'],
    [!isQ35(machine), 'legacy IGD assignment is not compatible with q35'],
    // How many functions a device has that is named without one is not known here.
    [others.length === 0, 'legacy IGD assignment is not compatible with multifunction devices'],
    // Proxmox tests the id that it expands: a whole device begins with its function 0.
    [
      address === undefined || /02(\.0)?$/.test(address),
      'legacy IGD assignment only works for devices on host bus 00:02.0',
    ],
  ];
  return needs.find(([isMet]) => !isMet)?.[1] ?? null;
}

/** PVE/QemuServer.pm, print_netdevice_full. */
export const packetsAreLarge: Check = (machine) =>
  numbered(machine, 'net').flatMap(({ option }) => {
    const { model, bridge, mtu } = machine.properties(option);
    if (model !== 'virtio' || bridge === undefined || mtu === undefined) return [];
    if (mtu === '1' || Number(mtu) >= 576) return [];
    const message = `netdev ${option}: MTU '${mtu}' is smaller than the IP minimum MTU '576'`;
    return [{ ...refused('small packets', [option], message), property: 'mtu' }];
  });

/** PVE/QemuServer/Virtiofs.pm, assert_virtiofs_config. */
export const foldersFit: Check = (machine) => {
  if (!/^(wxp|w2k|wvista|win)/.test(machine.options['ostype'] ?? '')) return null;
  const exposed = numbered(machine, 'virtiofs').find(({ option }) => isOn(machine.properties(option)['expose-acl']));
  return exposed === undefined
    ? null
    : refused(
        'rights of folders',
        [exposed.option, 'ostype'],
        'Please disable ACLs for virtiofs on Windows VMs, otherwise the virtiofs shared directory cannot be mounted.',
      );
};
