// Settings that only VMs have: firmware, processor, and devices that are a single value.

import { z } from 'zod';
import { becomes, oneOf, wholeNumber } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import { isVersionOf } from '../../../proxmox/guests/machine-types.ts';
import { normalFlag, parseProperties } from '../proxmox/property-string.ts';
import { setting } from './setting.ts';

const KEPT = 'one that exists or is cloned keeps its own';
const EXPECT_MACHINE = 'must be q35, pc, or a version of one such as pc-q35-9.2';
const EXPECT_CPU = (refused: string) => `must be a type of CPU that Proxmox has, such as host or x86-64-v3: ${refused}`;
const EXPECT_FLAG = 'must be a flag of the CPU with + or -, such as +aes or -pcid';
const EXPECT_FLAGS = (refused: string) => `must be flags that Proxmox knows: ${refused}`;
const EXPECT_VGA = 'must be std, virtio, virtio-gl, qxl, qxl2, qxl3, qxl4, vmware, cirrus, none, or serial0 to serial3';
const EXPECT_DEVICE = 'must be a device such as scsi0, ide2, net0, hostpci0 or usb1';
const DEVICE = /^(scsi|virtio|sata|ide|net|hostpci|usb)\d{1,2}$/;
const MAX_MB = 64 * 1024 * 1024;
const first = <Place>([place]: readonly Place[]): Place => {
  if (place === undefined) throw new Error('a setting stands at some place');
  return place;
};

/** In the order of their arguments. */
export const MACHINE_SETTINGS = {
  bios: setting<string>()({
    option: 'bios',
    label: 'firmware',
    check: (places) => oneOf(first(places)),
    isRetainedByClones: true,
    vm: {
      describes: 'Firmware that it starts with: `seabios`, or `ovmf` for UEFI, which wants an `efi_disk`.',
      whenAbsent: `ovmf for a new VM with an efi_disk, else seabios; ${KEPT}`,
      absent: 'seabios',
    },
  }),
  machine: setting<string>()({
    option: 'machine',
    key: 'type',
    label: 'machine type',
    check: (places) =>
      becomes(places, EXPECT_MACHINE, text.name(/^(pc|q35|virt|(pc|virt)-[a-z0-9.+-]+)$/, EXPECT_MACHINE)),
    isMet: isVersionOf,
    isRetainedByClones: true,
    vm: {
      describes:
        'Type of its mainboard: `pc`, or `q35` with PCI Express; or a version of one. A version of it that the VM has counts as the type.',
      whenAbsent: `pc for a new VM; ${KEPT}`,
      absent: 'pc',
    },
  }),
  ostype: setting<string>()({
    option: 'ostype',
    label: 'kind of system',
    check: (places) => oneOf(first(places)),
    isRetainedByClones: true,
    vm: {
      describes:
        'System that runs in it, by which Proxmox chooses defaults: `l26` is Linux, `win11` Windows 11 and Server 2022.',
      whenAbsent: `l26 for a new VM with cloud-init, else other; ${KEPT}`,
      absent: 'other',
    },
  }),
  cpu_type: setting<string>()({
    option: 'cpu',
    key: 'cputype',
    label: 'CPU',
    check: (places) => becomes(places, EXPECT_CPU, text.name(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be a type of CPU')),
    write: (type) => `cputype=${type}`,
    isRetainedByClones: true,
    vm: {
      describes:
        'CPU that it sees: `host` is that of the node, `x86-64-v2-AES` runs on every node of the last fifteen years.',
      whenAbsent: `kvm64 for a new VM; ${KEPT}`,
      absent: 'kvm64',
    },
  }),
  cpu_flags: setting<readonly string[]>()({
    option: 'cpu',
    key: 'flags',
    label: 'CPU',
    needs: 'cpu_type',
    check: (places) =>
      becomes(
        places,
        EXPECT_FLAGS,
        z
          .array(text.name(/^[+-][A-Za-z0-9][A-Za-z0-9._-]*$/, EXPECT_FLAG))
          .min(1, EXPECT_FLAG)
          .max(64),
      ),
    // Proxmox validates flags only together with a CPU type.
    write: (flags) => `cputype=host,flags=${flags.join(';')}`,
    isRetainedByClones: true,
    vm: {
      describes: 'Flags of that CPU, each with `+` or `-`; others that people gave it stay. Beside `cpu_type`.',
      whenAbsent: `those of the type; ${KEPT}`,
    },
  }),
  sockets: setting<number>()({
    option: 'sockets',
    label: 'sockets',
    check: (places) => wholeNumber(places, 'must be a whole number of sockets', { least: 1, most: 64 }),
    isRetainedByClones: true,
    vm: { describes: 'CPU sockets, each with `cores` cores.', whenAbsent: `1 for a new VM; ${KEPT}`, absent: '1' },
  }),
  numa: setting<boolean>()({
    option: 'numa',
    label: 'NUMA',
    check: (places) => becomes(places, 'must be true or false', z.boolean()),
    normal: normalFlag,
    isRetainedByClones: true,
    vm: {
      describes: 'Whether it sees sockets with memory of their own; needed to add memory while it runs.',
      whenAbsent: `false for a new VM; ${KEPT}`,
      absent: '0',
    },
  }),
  balloon_mb: setting<number>()({
    option: 'balloon',
    label: 'least memory',
    unit: 'MB',
    check: (places) => wholeNumber(places, 'must be a whole number of megabytes', { least: 0, most: MAX_MB }),
    isRetainedByClones: true,
    vm: {
      describes:
        'Memory in MB that it keeps when the node is short of it; at most `memory_mb`. 0 takes away the device for that.',
      whenAbsent: `as much as memory_mb for a new VM; ${KEPT}`,
    },
  }),
  scsi_controller: setting<string>()({
    option: 'scsihw',
    label: 'SCSI controller',
    check: (places) => oneOf(first(places)),
    isRetainedByClones: true,
    vm: {
      describes: 'Controller of its scsi disks; with `virtio-scsi-single` each has one, and so can have a thread.',
      whenAbsent: `virtio-scsi-single for a new VM with such a thread, else virtio-scsi-pci; ${KEPT}`,
      absent: 'lsi',
    },
  }),
  boot_order_devices: setting<readonly string[]>()({
    option: 'boot',
    label: 'devices to boot from',
    check: (places) =>
      becomes(
        places,
        EXPECT_DEVICE,
        z
          .array(text.name(DEVICE, EXPECT_DEVICE))
          .min(1, EXPECT_DEVICE)
          .refine((names) => new Set(names).size === names.length, 'must name each device once'),
      ),
    write: (devices) => `order=${devices.join(';')}`,
    read: (written) => parseProperties(written, 'legacy')['order']?.split(';'),
    normal: (written) => parseProperties(written, 'legacy')['order'] ?? written,
    isRetainedByClones: true,
    vm: {
      describes: 'Devices that its firmware tries to start from, in this order.',
      whenAbsent: `the root disk, then the CD, for a new VM; ${KEPT}`,
    },
  }),
  vga: setting<string>()({
    option: 'vga',
    key: 'type',
    label: 'graphics',
    check: (places) => becomes(places, EXPECT_VGA, text.name(/^[a-z0-9-]+$/, EXPECT_VGA)),
    isRetainedByClones: true,
    vm: {
      describes: 'Graphics card, or with `serial0` its serial port as the console.',
      whenAbsent: `serial0 for a new VM with cloud-init, else std; ${KEPT}`,
      absent: 'std',
    },
  }),
  vga_memory_mb: setting<number>()({
    option: 'vga',
    key: 'memory',
    label: 'graphics',
    check: (places) => wholeNumber(places, 'must be from 4 to 512 megabytes', { least: 4, most: 512 }),
    isRetainedByClones: true,
    vm: { describes: 'Memory of the graphics card in MB.', whenAbsent: `that of the card; ${KEPT}` },
  }),
  tablet: setting<boolean>()({
    option: 'tablet',
    label: 'tablet',
    check: (places) => becomes(places, 'must be true or false', z.boolean()),
    normal: normalFlag,
    isRetainedByClones: true,
    vm: {
      describes: 'Whether its pointer follows that of the console.',
      whenAbsent: `true for a new VM; ${KEPT}`,
      absent: '1',
    },
  }),
  audio: setting<string>()({
    option: 'audio0',
    key: 'device',
    label: 'audio',
    check: (places) => oneOf(first(places)),
    isRetainedByClones: true,
    vm: { describes: 'Sound card.', whenAbsent: `none for a new VM; ${KEPT}` },
  }),
  audio_driver: setting<string>()({
    option: 'audio0',
    key: 'driver',
    label: 'audio',
    needs: 'audio',
    check: (places) => oneOf(first(places)),
    isRetainedByClones: true,
    vm: {
      describes: 'Where its sound goes. Beside `audio`.',
      whenAbsent: `spice for a new VM; ${KEPT}`,
      absent: 'spice',
    },
  }),
  watchdog: setting<string>()({
    option: 'watchdog',
    key: 'model',
    label: 'watchdog',
    check: (places) => oneOf(first(places)),
    isRetainedByClones: true,
    vm: { describes: 'Watchdog that acts when the system hangs.', whenAbsent: `none for a new VM; ${KEPT}` },
  }),
  watchdog_action: setting<string>()({
    option: 'watchdog',
    key: 'action',
    label: 'watchdog',
    needs: 'watchdog',
    check: (places) => oneOf(first(places)),
    isRetainedByClones: true,
    vm: { describes: 'What the watchdog does then. Beside `watchdog`.', whenAbsent: `nothing for a new VM; ${KEPT}` },
  }),
} as const;
