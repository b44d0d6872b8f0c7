// Schemas of single values, except addresses, each with a message of what is expected. Whether a name exists is checked by the rules.

import { z } from 'zod';
import { isOneLine } from '../../model/text.ts';
import { isPublicKey } from '../../proxmox/public-key.ts';
import { isSizeKept, keptSizesAround, SIZE_STEP_GB } from '../../proxmox/storages/sizes.ts';
import { type Becomes, becomes, becomesByRule, inContainers, inGuests, inMachines, wholeNumber } from './option.ts';
import * as text from './text.ts';
import { isTimeZone, timeZoneFault } from './time-zone.ts';

/** Field metadata that code uses; see field-metadata.ts. */
declare module 'zod' {
  interface GlobalMeta {
    /** Holds a secret: written as a reference, never shown. As text: what becomes of one in plain text when it is applied. */
    secret?: true | string;
    /** Accepted but ignored; tells what to use instead. */
    noEffect?: string;
    /** Values that editors suggest; others are allowed. */
    suggests?: readonly string[];
  }
}

/** 100 to 999999999; below 100 is reserved by Proxmox. Older files hold ids as text. */
const GUEST_ID = 'must be a guest id, a number from 100 to 999999999';
export const guestId = z.union(
  [z.int(GUEST_ID).min(100, GUEST_ID).max(999_999_999, GUEST_ID), text.name(/^[1-9][0-9]{2,8}$/, GUEST_ID)],
  GUEST_ID,
);

/** The Proxmox options for a disk size, on creation and on resize. */
const SIZES: readonly Becomes[] = [
  ...inContainers('rootfs', 'volume', { write: (size: number) => `local:${size}` }),
  ...inContainers('mp0', 'volume', { write: (size: number) => `local:${size}` }),
  { verb: 'pct resize', option: 'size', write: (size: number) => `${size}G` },
  { verb: 'qm disk resize', option: 'size', write: (size: number) => `${size}G` },
];

/** Disk size. Proxmox and its storages round to multiples of 4 MiB, so other sizes would always differ from the declared one. */
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

/** A DNS name; a rule reports what is wrong with an invalid one. */
export const hostname = text.line(253).min(1, 'must not be empty');

/** Domain names, which a rule checks one by one like hostnames. */
export const searchdomain = becomesByRule(inGuests('searchdomain'), hostname);

export const EXPECT_USER = 'must be a user name: lower-case letters, digits, _ and -';
export const userName = text.name(/^[a-z_][a-z0-9_-]{0,31}$/, EXPECT_USER);

/** An existing account, whose name may not follow the rules for ours. */
export const accountName = text.name(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/,
  'must be the name of an account: letters, digits and _ . -',
);

/** A Linux interface or bridge, also with a VLAN suffix: at most 15 characters. */
export const EXPECT_INTERFACE = 'must be the name of an interface such as vmbr0: letters, digits and _ . -, at most 15';
export const interfaceName = text.name(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, EXPECT_INTERFACE);

/** The bridge of a guest's interface. */
export const bridge = becomes(inGuests('net0', 'bridge'), EXPECT_INTERFACE, interfaceName);

const EXPECT_STORAGE =
  'must be the name of a storage: a letter, then letters, digits and _ . -, at the end a letter or digit';

/** The id of a Proxmox storage. */
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

/** The name of a Proxmox snapshot. */
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

/** Version of a driver and the like. */
export const version = text.name(/^[0-9][A-Za-z0-9.+~_-]{0,63}$/, 'must be a version such as 580.76.05');

export const timezone = text.ofTextKind(
  'name',
  z.string().refine(isTimeZone, { error: ({ input }) => timeZoneFault(String(input)) }),
);

/** A Docker image as `docker run` accepts it. */
export const dockerImage = text.name(
  /^[A-Za-z0-9][\w.:/@+-]{0,254}$/,
  'must be an image such as portainer/agent:2.33.6',
);

export const PUBLIC_KEY = 'must be one public key as ssh-keygen writes it, such as "ssh-ed25519 AAAA… name"';
/** A public key on one line, optionally preceded by authorized_keys options. */
export const sshPublicKey = text.ofTextKind(
  'line',
  z
    .string()
    .max(16_384)
    .refine((key) => isOneLine(key.trim()) && isPublicKey(key), PUBLIC_KEY),
);

const EXPECT_REFERENCE = 'must be a reference such as {"$secret": "file:/etc/phoenix/secrets/name"}';

/** `{"$secret": "env:NAME"}`, `{"$secret": "file:/path"}` or `{"$secret": "sops:FILE#PATH"}`, resolved just before use. */
export const secretReference = z.strictObject(
  {
    $secret: z
      .string()
      .regex(
        /^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\0\n]+|sops:(?!\/)(?!(?:[^#\n]*\/)?\.\.(?:\/|#))[^#\0\n]+#[^\0\n]+)$/,
        'must be "env:NAME", "file:/absolute/path" or "sops:FILE#PATH"',
      )
      .describe(
        'Where the secret is: `env:NAME` of the agent, `file:/absolute/path` of the node, or `sops:FILE#PATH`, a value of an encrypted file of the repository.',
      ),
  },
  { error: ({ code }) => (code === 'invalid_type' ? EXPECT_REFERENCE : undefined) },
);

/** A secret reference. Plain text is accepted with a warning, for configurations that still contain it. */
export const secret = z.union([z.string(), secretReference], EXPECT_REFERENCE).meta({ secret: true });

/** `$schema`, used by editors. */
export const schemaLink = text
  .line(4096)
  .optional()
  .describe('Which JSON Schema editors check this file against. Phoenix does not read it.');

/** A field that is accepted in any form and ignored. `instead` tells what to do. */
export function withoutEffect(instead: string) {
  return z
    .unknown()
    .optional()
    .meta({ noEffect: instead, description: `Without effect: ${instead}` });
}
