// The schema of what a container gets from the host: devices with their owner, mount options, root's credentials, and environment variables of the
// init process.

import { z } from 'zod';
import { becomes, inContainers, wholeNumber } from '../../config/schema/option.ts';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import type { DriveKeysAt } from '../guest/options/coverage.ts';
import { type DriveKeys, driveOptionsShape, keysDeclaredTwice, optionTexts } from '../guest/options/drive-options.ts';

const EXPECT_DEVICE = 'must be a device of the host such as /dev/dri/renderD128';
const devicePath = becomes(
  inContainers('dev0', 'path'),
  EXPECT_DEVICE,
  text.mountPath.regex(/^\/dev\/(?!(mem|kmem|port)$)[^\s,]+$/, EXPECT_DEVICE),
);
/** Folders of devices on every node, which Proxmox refuses as no device (pve-container, PVE/LXC/Tools.pm, get_device_mode_and_rdev). */
const FOLDERS =
  /^\/dev\/(block|bus(\/usb(\/\d{3})?)?|char|disk(\/by-[a-z]+)?|dri(\/by-path)?|input(\/by-[a-z]+)?|mapper|net|nvidia-caps|serial(\/by-[a-z]+)?|snd|vfio|zvol)$/;
const EXPECT_MODE = 'must be a mode of four digits such as "0660"';
const EXPECT_ID = 'must be an id inside the container';
const ids = { least: 0, most: 4_294_967_294 };

const device = z.union(
  [
    devicePath,
    z.strictObject({
      path: devicePath.describe('Device of the host.'),
      mode: becomes(inContainers('dev0', 'mode'), EXPECT_MODE, text.name(/^0[0-7]{3}$/, EXPECT_MODE))
        .optional()
        .describe('Its permissions inside. Default: 0660 for a new one; one that is there keeps its own.'),
      uid: wholeNumber(inContainers('dev0', 'uid'), EXPECT_ID, ids)
        .optional()
        .describe('User inside who owns it. Default: 0 for a new one; one that is there keeps its own.'),
      gid: wholeNumber(inContainers('dev0', 'gid'), EXPECT_ID, ids)
        .optional()
        .describe('Group inside that owns it. Default: 0 for a new one; one that is there keeps its own.'),
      deny_write: becomes(inContainers('dev0', 'deny-write'), 'must be true or false', z.boolean())
        .optional()
        .describe('The container may only read it. Default: false for a new one; one that is there keeps its own.'),
    }),
  ],
  `${EXPECT_DEVICE}, or an object with its path`,
);

const pathOf = (one: z.output<typeof device>): string => (typeof one === 'string' ? one : one.path);

export const devices = z
  .array(device)
  .superRefine((all, context) => {
    for (const [index, one] of all.entries()) {
      if (FOLDERS.test(pathOf(one)))
        context.addIssue({
          code: 'custom',
          path: typeof one === 'string' ? [index] : [index, 'path'],
          message: 'must be one device, not the folder of several: name each that it is to get',
        });
      if (all.findIndex((other) => pathOf(other) === pathOf(one)) === index) continue;
      context.addIssue({ code: 'custom', path: [index], message: `must not name ${pathOf(one)} a second time` });
    }
  })
  .default([])
  .describe('Devices of the host handed in, each as its path or with its owner and mode. Default: none.');

const flag = (option: 'rootfs' | 'mp0', property: string) =>
  becomes(inContainers(option, property), 'must be true or false', z.boolean()).optional();
const EXPECT_OPTIONS = 'must be an option that Proxmox can mount with';

/** Mount options of a container's disk, for the root disk and mount points. */
const diskShape = (option: 'rootfs' | 'mp0') => ({
  mount_options: z
    .array(
      becomes(
        inContainers(option, 'mountoptions'),
        EXPECT_OPTIONS,
        text.name(/^[a-z_]+(=[a-z0-9]+)?$/, EXPECT_OPTIONS),
      ),
    )
    .optional()
    .describe('Options that it is mounted with, such as `noatime`. Default: as it is.'),
  acl: flag(option, 'acl').describe('Whether access lists are on. Default: as it is.'),
  quota: flag(option, 'quota').describe('Whether it has quotas; only in a privileged container. Default: as it is.'),
  replicate: flag(option, 'replicate').describe(
    'Whether replication of the container takes it along. Default: as it is.',
  ),
});

const MOUNT_FIELDS = {
  acl: 'acl',
  backup: 'backup',
  mountoptions: 'mount_options',
  quota: 'quota',
  replicate: 'replicate',
  ro: 'read_only',
  shared: 'shared',
} as const;

/** How the keys of a mount are declared. */
export const MOUNT_KEYS: DriveKeys = {
  kind: 'lxc',
  what: 'mount',
  places: ['mp0'],
  fields: MOUNT_FIELDS,
  instead: {
    mp: 'write the path in the field for it',
    size: 'write "size_gb" of a volume',
    volume: 'write what is mounted in the fields beside it',
  },
};

/** How the keys of the root disk are declared. */
export const ROOT_KEYS: DriveKeys = {
  kind: 'lxc',
  what: 'root disk',
  places: ['rootfs'],
  fields: { acl: 'acl', mountoptions: 'mount_options', quota: 'quota', replicate: 'replicate' },
  instead: { size: 'write "storage_size_gb"', volume: 'write "storage_pool"' },
};

/** The columns of the table of mounts in docs/coverage.md. */
export const MOUNTS_IN_TABLE: readonly DriveKeysAt[] = [
  { at: '`mount_points` and `zfs_volumes`', keys: MOUNT_KEYS },
  { at: '`root_disk`', keys: ROOT_KEYS },
];

/** Options of bind mounts and volumes. */
export const mountShape = {
  ...diskShape('mp0'),
  options: driveOptionsShape(MOUNT_KEYS),
  backup: flag('mp0', 'backup').describe('Whether backups of the container hold it. Default: as it is.'),
  shared: flag('mp0', 'shared').describe('It is at the same place on all nodes. Default: as it is.'),
};

export const rootDisk = z
  .strictObject({ ...diskShape('rootfs'), options: driveOptionsShape(ROOT_KEYS) })
  .superRefine(keysDeclaredTwice(ROOT_KEYS))
  .optional()
  .describe('How the root disk is mounted and treated. Default: as it is.');

/** Root's credentials in a new container. */
export const rootUser = z
  .strictObject({
    ssh_keys: z
      .array(becomes([{ verb: 'pct create', option: 'ssh-public-keys' }], value.PUBLIC_KEY, value.sshPublicKey))
      .default([])
      .describe('Public keys that may log in as root. Default: none.'),
    password: value.secretReference
      .meta({ secret: true })
      .optional()
      .describe('Password of root, or its hash, by reference. Default: none, so that nobody logs in with one.'),
  })
  .optional()
  .describe(
    'How root comes into a container that is made from a template; one that exists keeps its own. Default: not at all.',
  );

const EXPECT_VARIABLE = 'must be the name of a variable';

export const environment = z
  .record(text.name(/^[A-Za-z_][A-Za-z0-9_]*$/, EXPECT_VARIABLE), text.line(4096))
  .default({})
  .describe(
    'Variables of the first process, for images of applications. They stand in the file of the container in plain text, so nothing secret belongs here. Default: none.',
  );

type WrittenMount = { readonly [Key in keyof typeof mountShape]?: z.output<(typeof mountShape)[Key]> | undefined };

/** The declared keys of the property string. */
export function mountProperties(written: WrittenMount): Readonly<Record<string, string>> {
  const flags = (['acl', 'backup', 'quota', 'replicate', 'shared'] as const).flatMap((name) => {
    const value = written[name];
    return value === undefined ? [] : [[name, value ? '1' : '0'] as const];
  });
  const options = written.mount_options;
  return {
    ...Object.fromEntries(flags),
    ...(options === undefined || options.length === 0 ? {} : { mountoptions: options.toSorted().join(';') }),
    ...optionTexts(written.options),
  };
}
