// The single values that the configuration is made of, each with the words that say what is expected.
// Whether an address lies in its subnet or a name exists is not decided here but by the rules.

import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { isOneLine } from '../../model/text.ts';
import { isPublicKey } from './public-key.ts';
import * as text from './text.ts';
import { isTimeZone, timeZoneFault } from './time-zone.ts';

/** Marks of a field that code looks for; see marks.ts. */
declare module 'zod' {
  interface GlobalMeta {
    /** Holds a secret: written as a reference, shown nowhere. */
    secret?: true;
    /** Accepted, and read by nobody; says what to use instead. */
    noEffect?: string;
  }
}

/** 100 to 999999999; below 100 is reserved by Proxmox. Older files hold ids as text. */
const GUEST_ID = 'must be a guest id, a number from 100 to 999999999';
export const guestId = z.union(
  [z.int(GUEST_ID).min(100, GUEST_ID).max(999_999_999, GUEST_ID), text.name(/^[1-9][0-9]{2,8}$/, GUEST_ID)],
  GUEST_ID,
);

export const cores = z.int('must be a whole number of cores').min(1).max(8192);
export const memoryMb = z
  .int('must be a whole number of megabytes')
  .min(16)
  .max(64 * 1024 * 1024);
export const sizeGb = z
  .number()
  .positive()
  .max(1024 * 1024);
export const seconds = z.int('must be a whole number of seconds').min(0).max(86_400);
export const port = z.int('must be a port, a number from 1 to 65535').min(1).max(65_535);

/** One IPv4 or IPv6 address. */
export const ipAddress = text
  .holds(
    'name',
    z.string().refine((value) => isAddress(value), 'must be an IP address such as 10.0.0.1'),
  )
  .meta({ examples: ['10.0.0.1'] });

/** An address with the prefix length of its network. */
export const cidr = text
  .holds(
    'name',
    z.string().refine((value) => isCidr(value), 'must be an address with prefix length such as 10.0.0.10/24'),
  )
  .meta({ examples: ['10.0.0.10/24'] });

/** Every address of a network, told by its first one. */
export const network = text
  .holds(
    'name',
    z.string().refine((value) => isNetwork(value), 'must be a network by its first address, such as 10.0.0.0/24'),
  )
  .meta({ examples: ['10.0.0.0/24'] });

/** A fixed address, or how the guest comes by one. */
export const ipSetting = text
  .holds(
    'name',
    z
      .string()
      .refine(
        (value) => value === 'dhcp' || value === 'manual' || isCidr(value),
        'must be "dhcp", "manual", or an address with prefix length such as 10.0.0.10/24',
      ),
  )
  .meta({ examples: ['10.0.0.10/24', 'dhcp'] });

const IP_LIST = 'must be IP addresses, separated by spaces or commas';
/** Addresses, separated by spaces or commas. */
export const ipList = z.union(
  [
    text.holds(
      'line',
      z.string().refine((value) => isOneLine(value) && splitList(value).every((part) => isAddress(part)), IP_LIST),
    ),
    z.array(ipAddress),
  ],
  IP_LIST,
);

export const macAddress = text.name(
  /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/,
  'must be a MAC address such as 52:54:00:AA:BB:01',
);

export const url = text
  .holds(
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

export const userName = text.name(
  /^[a-z_][a-z0-9_-]{0,31}$/,
  'must be a user name: lower-case letters, digits, _ and -',
);

/** An account that people made, perhaps by another rule than that for names of ours. */
export const accountName = text.name(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/,
  'must be the name of an account: letters, digits and _ . -',
);

/** An interface or bridge of Linux, also with a VLAN: 15 characters at most. */
export const interfaceName = text.name(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/,
  'must be the name of an interface such as vmbr0: letters, digits and _ . -, at most 15',
);

/** A storage of Proxmox. */
export const storageId = text.name(
  /^[A-Za-z][A-Za-z0-9_.-]{0,98}[A-Za-z0-9]$/,
  'must be the name of a storage: a letter, then letters, digits and _ . -, at the end a letter or digit',
);

/** A snapshot of Proxmox. */
export const snapshotName = text.name(
  /^[A-Za-z][A-Za-z0-9_-]{1,39}$/,
  'must be the name of a snapshot: a letter, then letters, digits, _ and -, at most 40',
);

/** Of a driver and the like. */
export const version = text.name(/^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,63}$/, 'must be a version such as 580.76.05');

export const timezone = text.holds(
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
export const sshPublicKey = text.holds(
  'line',
  z
    .string()
    .max(16_384)
    .refine((key) => isPublicKey(key), PUBLIC_KEY),
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

export function isAddress(value: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(value) || (value.includes(':') && ipaddr.IPv6.isValid(value));
}

function isCidr(value: string): boolean {
  const [address, prefix, ...rest] = value.split('/');
  if (address === undefined || prefix === undefined || rest.length > 0 || !isAddress(address)) return false;
  return /^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= (address.includes(':') ? 128 : 32);
}

function isNetwork(value: string): boolean {
  if (!isCidr(value)) return false;
  const [address] = ipaddr.parseCIDR(value);
  const version = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return address.toNormalizedString() === version.networkAddressFromCIDR(value).toNormalizedString();
}

/** Parts of a list written as one text, between commas or spaces. */
export function splitList(value: string): string[] {
  return value.split(/[\s,]+/).filter((part) => part !== '');
}
