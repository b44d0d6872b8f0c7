// The texts that a configuration is made of, by what they may hold. Each text field chooses one of these, so that what reaches a
// file, a property or an argument holds nothing there that means something else; test/security/text-fields.test.ts holds every
// schema to it. `name`: a closed set of signs that mean nothing anywhere. `path`: no sign that a program reads as more than itself.
// `line`: any text of one line. `prose`: for readers, with line breaks. `argument`: one word of a program, whatever it holds.

import { z } from 'zod';
import { ONE_LINE } from '../../model/text.ts';

export type TextKind = 'name' | 'path' | 'line' | 'prose' | 'argument';

const declared = z.registry<{ readonly holds: TextKind }>();

/** Says what the texts of a schema may hold that checks them itself. */
export function ofTextKind<Schema extends z.ZodType>(what: TextKind, schema: Schema): Schema {
  declared.add(schema, { holds: what });
  return schema;
}

/** What the texts of a schema may hold; undefined where nobody chose. */
export function textKindOf(schema: z.ZodType): TextKind | undefined {
  return declared.get(schema)?.holds;
}

/** A text of a closed set of signs. */
export function name(pattern: RegExp, message: string) {
  return ofTextKind('name', z.string().regex(pattern, message));
}

const EXPECT_LINE = 'must be one line without control characters';

/** For readers only, of reasonable length. */
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

/** Any value, whose texts are one line each: a line break would begin another setting where Proxmox keeps it. */
export const oneLine = ofTextKind('line', z.unknown().refine(isOneLine, EXPECT_LINE));

function isOneLine(value: unknown): boolean {
  if (typeof value === 'string') return ONE_LINE.test(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isOneLine);
}

/** A name in words, such as that of an authority: neither an option nor the end of anything. */
export const label = ofTextKind(
  'line',
  z
    .string()
    .max(200)
    .regex(/^[^-\s](.*\S)?$/, 'must begin and end with a letter or another sign, and not with "-"')
    .regex(ONE_LINE, EXPECT_LINE),
);

/** A name without spaces or slashes that is no option. */
export const word = ofTextKind(
  'line',
  z
    .string()
    .regex(/^[^\s/-][^\s/]{0,127}$/, 'must be a word without spaces and slashes, and not begin with "-"')
    .regex(ONE_LINE, EXPECT_LINE),
);

/** Handed to a program as it is. */
export const argument = ofTextKind(
  'argument',
  z
    .string()
    .max(4000)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold a NUL character'),
);

/** One folder or file below another. */
export const pathSegment = name(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/,
  'must be the name of a folder: letters, digits and _ . -',
);

/** Without what the shell, nginx, Samba, systemd or Traefik may read as more than a part of a path. */
const PLAIN_PATH = /^[^"$%*;<>?\\`{|}]*$/;
/** Samba makes one space of several, and takes those at the end off. */
const SINGLE_SPACES = /^(\S| (?=\S))*$/u;
const EXPECT_PATH = 'must be a path without control characters and the signs " $ % * ; < > ? \\ ` { | }';

/** Without `..` between slashes. */
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

/** From the top of a file system, without `..`. */
export const absolutePath = ofTextKind('path', path(/^\//, 'must be an absolute path'));

/** Absolute, or below a folder that is set elsewhere, which it does not leave. */
export const pathBelow = ofTextKind('path', path(/^[^-\s]/, 'must begin with the name of a folder or a slash'));

/** Of a mount of a container: Proxmox keeps it between commas and after a key, and takes `.` for no folder. */
export const mountPath = absolutePath
  .regex(/^[^,=]*$/, 'must not hold a comma or "=": Proxmox has no way to keep one in a mount')
  .regex(/^(?!.*\/\.(\/|$))/, 'must not contain "/./"')
  .regex(/^(?!.*\/\/)/, 'must not hold two slashes in a row: it would be another name for the same folder');

/** Of a mount by NFS: /etc/fstab keeps it between spaces. */
export const fstabPath = absolutePath.regex(/^\S*$/, 'must not hold spaces: /etc/fstab keeps it between them');

const NO_COLON = /^[^:]*$/;
const EXPECT_NO_COLON = 'must not hold a colon: Docker keeps it between two';

/** Of a file that a Docker container may be shown. */
export const bindPath = absolutePath.regex(NO_COLON, EXPECT_NO_COLON);

/** Of a mount by NFS inside a VM, from where containers may be shown it. */
export const vmFolder = fstabPath.regex(NO_COLON, EXPECT_NO_COLON);

/** Below the config root, without `..`. Files are found by it and never opened. */
export const repositoryPath = ofTextKind(
  'line',
  z
    .string()
    .max(4096)
    .regex(/^[^/]/, 'must be a path inside the repository, without a slash at its start')
    .regex(ONE_LINE, EXPECT_LINE)
    .regex(STAYS_BELOW, EXPECT_BELOW),
);
