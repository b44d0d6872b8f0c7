// The single values that the configuration is made of, each with the words that say what is expected.
// Whether an address lies in its subnet or a name exists is not decided here but by the rules.

import { z } from 'zod';
import { isOneLine } from '../../model/text.ts';
import * as proxmox from '../../proxmox/addresses.ts';
import { isPublicKey } from '../../proxmox/public-key.ts';
import { isSizeKept, keptSizesAround, SIZE_STEP_GB } from '../../proxmox/sizes.ts';
import { type Becomes, becomes, becomesByRule, inContainers, inGuests, inMachines, wholeNumber } from './option.ts';
import * as text from './text.ts';
import { isTimeZone, timeZoneFault } from './time-zone.ts';

/** Marks of a field that code looks for; see marks.ts. */
declare module 'zod' {
  interface GlobalMeta {
    /** Holds a secret: written as a reference, shown nowhere. */
    secret?: true;
    /** Accepted, and read by nobody; says what to use instead. */
    noEffect?: string;
    /** Values that an editor offers beside others that are allowed. */
    suggests?: readonly string[];
  }
}

/** 100 to 999999999; below 100 is reserved by Proxmox. Older files hold ids as text. */
const GUEST_ID = 'must be a guest id, a number from 100 to 999999999';
export const guestId = z.union(
  [z.int(GUEST_ID).min(100, GUEST_ID).max(999_999_999, GUEST_ID), text.name(/^[1-9][0-9]{2,8}$/, GUEST_ID)],
  GUEST_ID,
);

/** Where the size of a disk stands: that of a new one, and that which one grows to. */
const SIZES: readonly Becomes[] = [
  ...inContainers('rootfs', 'volume', { write: (size: number) => `local:${size}` }),
  ...inContainers('mp0', 'volume', { write: (size: number) => `local:${size}` }),
  { verb: 'pct resize', option: 'size', write: (size: number) => `${size}G` },
  { verb: 'qm disk resize', option: 'size', write: (size: number) => `${size}G` },
];

/** Of a disk. Proxmox and the storages below it round what is no multiple of 4 MiB, and it would never be what is declared. */
export const sizeGb = becomes(
  SIZES,
  'must be the size of a disk in GB',
  z
    .number()
    .positive()
    .max(1024 * 1024)
    .refine(isSizeKept, {
      error: ({ input }) =>
        `must be a size that disks can have, in steps of 4 MiB, such as ${keptSizesAround(Number(input)).join(' or ')}`,
      when: ({ issues }) => issues.length === 0,
    })
    .meta({ multipleOf: SIZE_STEP_GB }),
);

export const seconds = z.int('must be a whole number of seconds').min(0).max(86_400);
export const port = z.int('must be a port, a number from 1 to 65535').min(1).max(65_535);

const EXPECT_ADDRESS = 'must be an IP address such as 10.0.0.1';

/** One IPv4 or IPv6 address. */
export const ipAddress = text
  .ofTextKind(
    'name',
    z.string().refine((value) => isAddress(value), EXPECT_ADDRESS),
  )
  .meta({ examples: ['10.0.0.1'], pattern: '^[0-9A-Fa-f:.]+$' });

const WITH_PREFIX = 'an address with prefix length such as 10.0.0.10/24, of at least 8 bits, as Proxmox takes them';
const EXPECT_CIDR = `must be ${WITH_PREFIX}`;
const EXPECT_IP_SETTING = `must be "dhcp", "manual", or ${WITH_PREFIX}`;

/** An address with the prefix length of its network. */
export const cidr = text
  .ofTextKind(
    'name',
    z.string().refine((value) => isCidr(value), EXPECT_CIDR),
  )
  .meta({ examples: ['10.0.0.10/24'], pattern: '^[0-9A-Fa-f:.]+/[0-9]{1,3}$' });

const isSix = (address: string): boolean => address.includes(':');
const isFour = (address: string): boolean => !isSix(address);

/** A property of the first interface of a guest, by the family of the address: `ip` of a container, `ip6` of a VM and so on. */
function byFamily(four: string, six: string): Becomes[] {
  return [
    ...inContainers('net0', four, { when: isFour }),
    ...inContainers('net0', six, { when: isSix }),
    ...inMachines('ipconfig0', four, { when: isFour }),
    ...inMachines('ipconfig0', six, { when: isSix }),
  ];
}

/** Every address of a network, told by its first one. */
export const network = text
  .ofTextKind(
    'name',
    z.string().refine((value) => isNetwork(value), 'must be a network by its first address, such as 10.0.0.0/24'),
  )
  .meta({ examples: ['10.0.0.0/24'], pattern: '^[0-9A-Fa-f:.]+/[0-9]{1,3}$' });

/** A fixed address, or how the guest comes by one. */
export const ipSetting = becomes(
  byFamily('ip', 'ip6'),
  EXPECT_IP_SETTING,
  text
    .ofTextKind(
      'name',
      z.string().refine((value) => value === 'dhcp' || value === 'manual' || isCidr(value), EXPECT_IP_SETTING),
    )
    .meta({ examples: ['10.0.0.10/24', 'dhcp'], pattern: '^(dhcp|manual|[0-9A-Fa-f:.]+/[0-9]{1,3})$' }),
);

const EXPECT_IP6_SETTING = `must be "dhcp", "auto", "manual", or an IPv6 address with prefix length such as fd00::10/64`;
const IS_WORD6 = new Set(['dhcp', 'auto', 'manual']);
const six = (property: string): Becomes[] => [
  ...inContainers('net0', property),
  // A VM is not told what is to be left alone.
  ...inMachines('ipconfig0', property, { when: (written: string) => written !== 'manual' }),
];

/** An IPv6 address beside that of IPv4, or how the guest comes by one. */
export const ip6Setting = becomes(
  six('ip6'),
  EXPECT_IP6_SETTING,
  text
    .ofTextKind(
      'name',
      z.string().refine((value) => IS_WORD6.has(value) || (isCidr(value) && isSix(value)), EXPECT_IP6_SETTING),
    )
    .meta({ examples: ['fd00::10/64', 'auto'], pattern: '^(dhcp|auto|manual|[0-9A-Fa-f:.]+/[0-9]{1,3})$' }),
);

const EXPECT_ADDRESS6 = 'must be an IPv6 address such as fd00::1';
export const gateway6 = becomes(
  six('gw6'),
  EXPECT_ADDRESS6,
  text
    .ofTextKind(
      'name',
      z.string().refine((value) => isAddress(value) && isSix(value), EXPECT_ADDRESS6),
    )
    .meta({ examples: ['fd00::1'], pattern: '^[0-9A-Fa-f:.]+$' }),
);

/** The gateway of a guest. */
export const gateway = becomes(byFamily('gw', 'gw6'), EXPECT_ADDRESS, ipAddress);

const IP_LIST = 'must be IP addresses, separated by spaces or commas';
/** DNS servers of a guest, separated by spaces or commas. */
export const nameservers = becomes(
  inGuests('nameserver', undefined, { write: (list: string | readonly string[]) => [list].flat().join(' ') }),
  IP_LIST,
  z.union(
    [
      text
        .ofTextKind(
          'line',
          z.string().refine((value) => isOneLine(value) && splitList(value).every((part) => isAddress(part)), IP_LIST),
        )
        .meta({ examples: ['10.0.0.1, 10.0.0.2'], pattern: '^[0-9A-Fa-f:.,\\s]*$' }),
      z.array(ipAddress),
    ],
    IP_LIST,
  ),
);

/** Of a guest's interface; that it is no group's is for a rule of its own to say (BAD_ADDRESS). */
export const macAddress = becomesByRule(
  [...inContainers('net0', 'hwaddr'), ...inMachines('net0', 'macaddr')],
  text.name(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/, 'must be a MAC address such as 52:54:00:AA:BB:01'),
);

export const url = text
  .ofTextKind(
    'path',
    z
      .string()
      .regex(/^https?:\/\/[A-Za-z0-9._~:[\]@-]+(\/[\w.~:/?#[\]@!&'()*+,;=%-]*)?$/, 'must be an http or https URL'),
  )
  .meta({ examples: ['https://10.0.0.10:9000'] });

/** A unit of systemd. */
export const unit = text.name(/^[\w@.:][\w@.:-]{0,254}$/, 'must be a unit such as nginx or nginx.service');

/** A container of Docker. */
export const containerName = text.name(/^[a-zA-Z0-9][\w.-]{0,254}$/, 'must be a name such as portainer_server');

/** A name as DNS knows it; its own rule says what is wrong with one that is not. */
export const hostname = text.line(253).min(1, 'must not be empty');

/** Names of domains, which a rule looks at one by one as it does at hostnames. */
export const searchdomain = becomesByRule(inGuests('searchdomain'), hostname);

export const EXPECT_USER = 'must be a user name: lower-case letters, digits, _ and -';
export const userName = text.name(/^[a-z_][a-z0-9_-]{0,31}$/, EXPECT_USER);

/** An account that people made, perhaps by another rule than that for names of ours. */
export const accountName = text.name(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/,
  'must be the name of an account: letters, digits and _ . -',
);

/** An interface or bridge of Linux, also with a VLAN: 15 characters at most. */
export const EXPECT_INTERFACE = 'must be the name of an interface such as vmbr0: letters, digits and _ . -, at most 15';
export const interfaceName = text.name(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, EXPECT_INTERFACE);

/** What a guest's interface is connected to. */
export const bridge = becomes(inGuests('net0', 'bridge'), EXPECT_INTERFACE, interfaceName);

const EXPECT_STORAGE =
  'must be the name of a storage: a letter, then letters, digits and _ . -, at the end a letter or digit';

/** A storage of Proxmox. */
export const storageId = becomes(
  [
    { verb: 'pvesm add', option: 'storage' },
    ...['pct clone', 'qm clone'].map((verb) => ({ verb, option: 'storage' })),
    ...inContainers('rootfs', 'volume', { write: (storage: string) => `${storage}:8` }),
    ...inContainers('mp0', 'volume', { write: (storage: string) => `${storage}:8` }),
    ...inMachines('scsi0', 'file', { write: (storage: string) => `${storage}:0` }),
    ...inMachines('ide2', 'file', { write: (storage: string) => `${storage}:cloudinit` }),
  ],
  EXPECT_STORAGE,
  text.name(/^[A-Za-z][A-Za-z0-9_.-]{0,98}[A-Za-z0-9]$/, EXPECT_STORAGE),
);

const EXPECT_SNAPSHOT =
  'must be the name of a snapshot: a letter, then letters, digits, _ and -, 2 to 40 in all, and none of current, pending and vzdump';

/** A snapshot of Proxmox. */
export const snapshotName = becomes(
  ['pct snapshot', 'qm snapshot', 'pct clone', 'qm clone'].map((verb) => ({ verb, option: 'snapname' })),
  EXPECT_SNAPSHOT,
  text.name(/^[A-Za-z][A-Za-z0-9_-]{1,39}$/, EXPECT_SNAPSHOT),
);

/** The VLAN of a guest's interface. */
export const vlan = wholeNumber(inGuests('net0', 'tag'), 'must be a VLAN, a number from 1 to 4094', {
  least: 1,
  most: 4094,
});

/** Of a driver and the like. */
export const version = text.name(/^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,63}$/, 'must be a version such as 580.76.05');

export const timezone = text.ofTextKind(
  'name',
  z.string().refine(isTimeZone, { error: ({ input }) => timeZoneFault(String(input)) }),
);

/** An image of Docker, as `docker run` takes it. */
export const dockerImage = text.name(
  /^[A-Za-z0-9][\w.:/@+-]{0,254}$/,
  'must be an image such as portainer/agent:2.33.6',
);

export const PUBLIC_KEY = 'must be one public key as ssh-keygen writes it, such as "ssh-ed25519 AAAA… name"';
/** A key on one line, perhaps after options in the manner of authorized_keys. */
export const sshPublicKey = text.ofTextKind(
  'line',
  z
    .string()
    .max(16_384)
    .refine((key) => isOneLine(key.trim()) && isPublicKey(key), PUBLIC_KEY),
);

/** `{"$secret": "env:NAME"}`, `{"$secret": "file:/path"}` or `{"$secret": "sops:FILE#PATH"}`, resolved at the last moment. */
export const secretReference = z.strictObject({
  $secret: z
    .string()
    .regex(
      /^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\0\n]+|sops:(?!\/)(?!(?:[^#\n]*\/)?\.\.(?:\/|#))[^#\0\n]+#[^\0\n]+)$/,
      'must be "env:NAME", "file:/absolute/path" or "sops:FILE#PATH"',
    )
    .describe(
      'Where the secret is: `env:NAME` of the agent, `file:/absolute/path` of the node, or `sops:FILE#PATH`, a value of an encrypted file of the repository.',
    ),
});

/** A secret by reference. The text itself is accepted with a warning, for configurations that still hold it. */
export const secret = z
  .union([z.string(), secretReference], 'must be a reference such as {"$secret": "file:/etc/phoenix/secrets/name"}')
  .meta({ secret: true });

/** `$schema`, which editors read. */
export const schemaLink = text
  .line(4096)
  .optional()
  .describe('Which JSON Schema editors check this file against. Phoenix does not read it.');

/** Accepted in any form, and read by nobody. `instead` says what to do. */
export function withoutEffect(instead: string) {
  return z
    .unknown()
    .optional()
    .meta({ noEffect: instead, description: `Without effect: ${instead}` });
}

/** As Proxmox reads addresses: four numbers without zeros in front, or IPv6 without a zone. */
export function isAddress(value: string): boolean {
  return isOneLine(value) && proxmox.isIp(value);
}

function isCidr(value: string): boolean {
  return isOneLine(value) && (proxmox.isCidr(value, 4) || proxmox.isCidr(value, 6));
}

/** Without a bit beyond its prefix. */
function isNetwork(value: string): boolean {
  return isCidr(value) && !('error' in proxmox.readBlock(value));
}

/** Parts of a list written as one text, between commas or spaces. */
export function splitList(value: string): string[] {
  return value.split(/[\s,]+/).filter((part) => part !== '');
}
