// Kinds of text fields by the characters that they allow. Each text field uses one of these, so that it has no special meaning in a file, property or
// argument; test/security/text/fields.test.ts enforces this for every schema. `name`: a closed set of characters without special meaning. `path`: no
// characters that a program interprets. `line`: any single-line text. `prose`: for readers, with line breaks. `argument`: one argument of a program,
// with any content.

import { z } from 'zod';
import { ONE_LINE } from '../../model/text.ts';

export type TextKind = 'name' | 'path' | 'line' | 'prose' | 'argument';

const declared = z.registry<{ readonly holds: TextKind }>();

/** Declares the text kind of a schema that does its own check. */
export function ofTextKind<Schema extends z.ZodType>(what: TextKind, schema: Schema): Schema {
  declared.add(schema, { holds: what });
  return schema;
}

/** The text kind of a schema; undefined if none was declared. */
export function textKindOf(schema: z.ZodType): TextKind | undefined {
  return declared.get(schema)?.holds;
}

/** A text with a closed set of characters. */
export function name(pattern: RegExp, message: string) {
  return ofTextKind('name', z.string().regex(pattern, message));
}

const EXPECT_LINE = 'must be one line without control characters';

/** Text for readers, of limited length. */
export const prose = ofTextKind(
  'prose',
  z
    .string()
    .max(1000)
    .regex(/^([^\p{Cc}\p{Cs}\u2028\u2029]|[\n\r\t])*$/u, 'must not hold control characters'),
);

export function line(most: number) {
  return ofTextKind('line', z.string().max(most).regex(ONE_LINE, EXPECT_LINE));
}

/** Any value whose texts are single lines: a line break would start another setting in Proxmox's files. */
export const oneLine = ofTextKind('line', z.unknown().refine(isOneLine, EXPECT_LINE));

function isOneLine(value: unknown): boolean {
  if (typeof value === 'string') return ONE_LINE.test(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isOneLine);
}

/** A descriptive name, such as that of an authority: neither an option nor a delimiter. */
export const label = ofTextKind(
  'line',
  z
    .string()
    .max(200)
    .regex(/^[^-\s](.*\S)?$/, 'must begin and end with a letter or another sign, and not with "-"')
    .regex(ONE_LINE, EXPECT_LINE),
);

/** A name without spaces or slashes and without leading dash. */
export const word = wordOf('must be a word without spaces and slashes, and not begin with "-"');

/** The same with a sentence of its own. */
export function wordOf(expected: string) {
  return ofTextKind(
    'line',
    z
      .string()
      .regex(/^[^\s/-][^\s/]{0,127}$/, expected)
      .regex(ONE_LINE, EXPECT_LINE),
  );
}

/** Passed to a program unchanged. */
export const argument = ofTextKind(
  'argument',
  z
    .string()
    .max(4000)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold a NUL character'),
);

/** One segment of a path. */
export const pathSegment = name(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/,
  'must be the name of a folder: letters, digits and _ . -',
);

/** No characters that the shell, nginx, Samba, systemd or Traefik interpret in a path. */
const PLAIN_PATH = /^[^"$%*;<>?\\`{|}]*$/;
/** Samba collapses spaces and trims them at the ends. */
const SINGLE_SPACES = /^(\S| (?=\S))*$/u;
const EXPECT_PATH = 'must be a path without control characters and the signs " $ % * ; < > ? \\ ` { | }';

/** No `..` segment. */
const STAYS_BELOW = /^(?!(.*\/)?\.\.(\/|$))/;
const EXPECT_BELOW = 'must not contain ".."';

const path = (pattern: RegExp, message: string) =>
  z
    .string()
    .max(4096)
    .regex(pattern, message)
    .regex(ONE_LINE, EXPECT_PATH)
    .regex(PLAIN_PATH, EXPECT_PATH)
    .regex(SINGLE_SPACES, 'must not hold two spaces in a row, nor one at its end')
    .regex(STAYS_BELOW, EXPECT_BELOW);

/** An absolute path without `..`. */
export const absolutePath = ofTextKind('path', path(/^\//, 'must be an absolute path'));

/** Absolute, or relative to a folder that is configured elsewhere, without leaving it. */
export const pathBelow = ofTextKind('path', path(/^[^-\s]/, 'must begin with the name of a folder or a slash'));

/** Mount path of a container: stored by Proxmox in a property string, and `.` is not accepted. */
export const mountPath = absolutePath
  .regex(/^[^,=]*$/, 'must not hold a comma or "=": Proxmox has no way to keep one in a mount')
  .regex(/^(?!.*\/\.(\/|$))/, 'must not contain "/./"')
  .regex(/^(?!.*\/\/)/, 'must not hold two slashes in a row: it would be another name for the same folder');

/** Folders below /dev without disks, or with names of disks that the kernel gives anew at each start. */
const WITHOUT_DISKS =
  'block|bus|char|cpu|dri|fd|hugepages|input|lightnvm|mqueue|net|nvidia-caps|pts|serial|shm|snd|vfio|virtio-ports';

/** Names of disks that count up as disks appear: of the kernel, and links of udev to them. */
const COUNTED =
  'disk/by-(?:diskseq|loop-inode|loop-ref)/|(?:loop|dm|md)/[0-9]+(?:[p_][0-9]+)?$|mapper/loop[0-9]|cciss/c[0-9]';

/**
 * A disk of the host by a name that lasts: below /dev/disk, of LVM, ZFS, device mapper or a RAID. `/dev/sdb` may be another disk after the next
 * start, whose content the guest would destroy.
 */
export const LASTING_DISK = new RegExp(`^/dev/(?!(${WITHOUT_DISKS})/|${COUNTED})[^\\s,=/]+(/[^\\s,=/]+)+$`);

/** Path of an NFS mount: /etc/fstab separates fields with spaces. */
export const fstabPath = absolutePath.regex(/^\S*$/, 'must not hold spaces: /etc/fstab keeps it between them');

const NO_COLON = /^[^:]*$/;
const EXPECT_NO_COLON = 'must not hold a colon: Docker keeps it between two';

/** Path that may be bind-mounted into a Docker container. */
export const bindPath = absolutePath.regex(NO_COLON, EXPECT_NO_COLON);

/** Path of an NFS mount inside a VM, which may be bind-mounted into containers. */
export const vmFolder = fstabPath.regex(NO_COLON, EXPECT_NO_COLON);

/** A path below the config root, without `..`. Only used as a lookup key, never opened. */
export const repositoryPath = ofTextKind(
  'line',
  z
    .string()
    .max(4096)
    .regex(/^[^/]/, 'must be a path inside the repository, without a slash at its start')
    .regex(ONE_LINE, EXPECT_LINE)
    .regex(STAYS_BELOW, EXPECT_BELOW),
);
