// Schemas of a container's mounts: bind mounts, volumes and id maps.

import { z } from 'zod';
import { becomes, inContainers } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';
import { keysDeclaredTwice } from '../../guest/options/drive-options.ts';
import { MOUNT_KEYS, mountShape } from '../passthrough-schema.ts';

export const idMap = z.strictObject({
  type: z.enum(['uid', 'gid']).describe('Kind of id.'),
  container_id: z.int().min(0).max(4_294_967_294).describe('First id inside the container.'),
  host_id: z.int().min(0).max(4_294_967_294).describe('First id on the host.'),
  size: z.int().min(1).max(4_294_967_294).default(1).describe('How many ids in a row. Default: 1.'),
});

const EXPECT_DISK =
  'must be a folder, or a disk of the host by a name that lasts, such as /dev/disk/by-id/ata-WDC_WD40-part1: /dev/sdb1 may be another after the next start';

const OWNED_DISK =
  'must not be declared for a disk of the host: what is on it keeps its owner, which is changed inside the container';

const mountedAt = becomes(
  inContainers('mp0', 'mp'),
  'must be a folder that Proxmox can mount to',
  text.mountPath.regex(/[^/]/, 'must not be "/", where the root disk is'),
);

export const mountPoint = z
  .strictObject({
    host_path: becomes(
      inContainers('mp0', 'volume'),
      'must be a folder or a disk that Proxmox can mount',
      text.mountPath.refine((path) => !path.startsWith('/dev/') || text.LASTING_DISK.test(path), EXPECT_DISK),
    ).describe(
      'Folder of the host; or a disk of the host with a file system, by a name that lasts, such as one below /dev/disk/by-id. It is never formatted or destroyed.',
    ),
    container_path: mountedAt.describe('Where it is seen inside the container.'),
    owner_uid: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe('Owner as a user id inside the container. Default: left as it is.'),
    owner_gid: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe('Owner as a group id inside the container. Default: left as it is.'),
    read_only: becomes(inContainers('mp0', 'ro'), 'must be true or false', z.boolean())
      .optional()
      .describe(
        'Whether the container may only read it. Default: false for a new mount; one that exists keeps its own.',
      ),
    ...mountShape,
  })
  .superRefine(keysDeclaredTwice(MOUNT_KEYS))
  .superRefine((mount, context) => {
    if (!mount.host_path.startsWith('/dev/')) return;
    const owners = (['owner_uid', 'owner_gid'] as const).filter((key) => mount[key] !== undefined);
    for (const key of owners) context.addIssue({ code: 'custom', path: [key], message: OWNED_DISK });
  });

const volumeFields = z.strictObject({
  name: text.word.describe(
    'What the volume is told by within its guest: with another path it is the same volume, with another name another one.',
  ),
  pool: value.storageId.describe('Storage the volume is made on.'),
  size_gb: value.sizeGb.describe('Size in GB; can only grow.'),
  mount_point: mountedAt.describe('Where it is seen inside the container.'),
  read_only: becomes(inContainers('mp0', 'ro'), 'must be true or false', z.boolean())
    .optional()
    .describe(
      'Whether the container may only read it. Default: false for a new volume; one that exists keeps its own.',
    ),
  ...mountShape,
});

export const volume = volumeFields.superRefine(keysDeclaredTwice(MOUNT_KEYS));
