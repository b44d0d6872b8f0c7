// The schema of what is passed through to a VM: PCI and USB devices, by address or by a name of the datacenter, and the backends of its serial ports.

import { z } from 'zod';
import { becomes, inMachines } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import { placesFor } from '../../../proxmox/parameters/table.ts';
import { deviceOf, sameDevice } from './passthrough.ts';

const EXPECT_PCI = 'must be the address of a PCI device such as 0000:01:00.0, or without .0 for all its functions';
const EXPECT_USB = 'must be a USB device such as 0658:0200, a port such as 1-2, or spice';
const EXPECT_MAPPING = 'must be the name of a mapping: a letter, then letters, digits, _ and -';
const KEEPS = 'one that is there keeps its own';

const mapping = (option: string) =>
  becomes(inMachines(option, 'mapping'), EXPECT_MAPPING, text.name(/^[A-Za-z][A-Za-z0-9_-]+$/, EXPECT_MAPPING));
const flag = (option: string, key: string) =>
  becomes(inMachines(option, key), 'must be true or false', z.boolean()).optional();

const pciShape = {
  pcie: flag('hostpci0', 'pcie').describe(
    `Shown as a PCI Express device, for a \`machine\` of type q35. Default: false for a new one; ${KEEPS}.`,
  ),
  primary_gpu: flag('hostpci0', 'x-vga').describe(
    `Its only graphics card, in place of \`vga\`. Default: false for a new one; ${KEEPS}.`,
  ),
  rombar: flag('hostpci0', 'rombar').describe(
    `Whether the VM sees its firmware ROM. Default: true for a new one; ${KEEPS}.`,
  ),
  rom_file: becomes(
    inMachines('hostpci0', 'romfile'),
    'must be a file of /usr/share/kvm',
    text.name(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be a file of /usr/share/kvm'),
  )
    .optional()
    .describe(`Firmware ROM in its place, a file of /usr/share/kvm. Default: its own for a new one; ${KEEPS}.`),
  mdev: becomes(
    inMachines('hostpci0', 'mdev'),
    'must be a type of mediated device such as nvidia-63',
    text.name(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'must be a type of mediated device such as nvidia-63'),
  )
    .optional()
    .describe(`Type of the mediated device that is a part of it. Default: all of it for a new one; ${KEEPS}.`),
};
const usbShape = {
  usb3: flag('usb0', 'usb3').describe(`Attached to USB 3. Default: false for a new one; ${KEEPS}.`),
};

const device = z.union(
  [
    z.strictObject({
      pci: becomes(
        inMachines('hostpci0', 'host'),
        EXPECT_PCI,
        text.name(/^([0-9a-f]{4,}:)?[0-9a-f]{2}:[0-9a-f]{2}(\.[0-7])?$/, EXPECT_PCI),
      ).describe('PCI device of the host by its address.'),
      ...pciShape,
    }),
    z.strictObject({
      pci_mapping: mapping('hostpci0').describe('PCI device by the name of its mapping in the datacenter.'),
      ...pciShape,
    }),
    z.strictObject({
      usb: becomes(
        inMachines('usb0', 'host'),
        EXPECT_USB,
        text.name(/^([0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}|\d+-\d+(\.\d+)*|spice)$/, EXPECT_USB),
      ).describe(
        'USB device of the host by vendor and product, by its port, or `spice` for one that a viewer hands on.',
      ),
      ...usbShape,
    }),
    z.strictObject({
      usb_mapping: mapping('usb0').describe('USB device by the name of its mapping in the datacenter.'),
      ...usbShape,
    }),
  ],
  'must be a device: {"pci": …}, {"pci_mapping": …}, {"usb": …} or {"usb_mapping": …}, with nothing that another kind has',
);

export type WrittenDevice = z.output<typeof device>;

const EXPECT_PORT = 'must be socket, or a device of the host such as /dev/ttyS0';
const port = becomes(
  inMachines('serial0'),
  EXPECT_PORT,
  text.name(/^(socket|\/dev\/tty[A-Za-z0-9]+|\/dev\/serial\/by-id\/[A-Za-z0-9_.:-]+)$/, EXPECT_PORT),
);

export const passthroughShape = {
  passthrough: z
    .array(device)
    .superRefine((all, context) => {
      const devices = all.map(deviceOf);
      for (const [index, one] of devices.entries()) {
        const others = devices.slice(0, index);
        const kind = one.option === 'hostpci' ? 'PCI' : 'USB';
        const most = placesFor('qemu', one.option);
        const message = others.some((other) => sameDevice(one, other))
          ? `must not name ${one.device} a second time`
          : others.filter(({ option }) => option === one.option).length >= most
            ? `must be one of at most ${most} ${kind} devices`
            : undefined;
        if (message !== undefined) context.addIssue({ code: 'custom', path: [index], message });
      }
    })
    .default([])
    .describe(
      'PCI and USB devices of the host that are its own while it runs; others that people gave it stay. Default: none.',
    ),
  serial: z
    .array(port)
    .max(4, 'must be at most four ports')
    .default([])
    .describe(
      'What its serial ports lead to, the first to `serial0`: `socket` for `qm terminal`, or a device of the host. Default: one socket for a new VM with cloud-init; others stay.',
    ),
};
