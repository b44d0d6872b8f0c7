// Package repositories of the node, as the hypervisor's file declares them.

import { z } from 'zod';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';
import { APT_HANDLES, type AptHandle } from '../../../proxmox/files/apt-standard.ts';

const standardShape = Object.fromEntries(
  APT_HANDLES.map((handle) => [
    handle,
    z.boolean().optional().describe(`Whether the node uses the repository ${handle}. Default: left as it is.`),
  ]),
) as Record<AptHandle, z.ZodOptional<z.ZodBoolean>>;

export const otherRepository = z.strictObject({
  file: text
    .name(
      /^\/etc\/apt\/sources\.list(\.d\/[A-Za-z0-9_][A-Za-z0-9_.-]*\.(list|sources))?$/,
      'must be /etc/apt/sources.list or a file such as /etc/apt/sources.list.d/debian.sources',
    )
    .describe('File of the node that it stands in.'),
  uri: value.url
    .refine((uri) => !uri.includes('@'), 'must not hold who asks: apt reads that from /etc/apt/auth.conf.d')
    .describe('Its address.'),
  suite: text
    .name(/^[A-Za-z0-9.][A-Za-z0-9._/-]{0,99}$/, 'must be a suite such as trixie-updates')
    .optional()
    .describe('Its suite, where several of that address stand in the file. Default: all of them.'),
  enabled: z.boolean().default(true).describe('Whether the node uses it. Default: true.'),
  comment: text.prose.optional().describe('For readers of this file only.'),
});

export const packageRepositories = z.strictObject({
  standard: z
    .strictObject(standardShape)
    .prefault({})
    .describe(
      "Those of Proxmox, by the names of its page: one that is missing is added with Proxmox's key. Default: none is kept.",
    ),
  others: z
    .array(otherRepository)
    .default([])
    .describe('Others that stand in files of the node, to be used or not. Default: none is kept.'),
});
