// etc/certificate-manifest.json: certificates that the internal authority issues.

import { z } from 'zod';
import * as value from './values.ts';

/** One certificate. */
export const certificate = z.strictObject({
  common_name: value.hostname.describe('Name that the certificate is for; also names its target.'),
  sans: z
    .array(z.string().min(1).max(253))
    .default([])
    .describe('All names and addresses it is valid for. Default: the common name.'),
  cert_path: value.absolutePath.describe(
    'File of the host for the certificate; must be seen by the guest that uses it.',
  ),
  key_path: value.absolutePath.describe('File of the host for the key; must be seen by the guest that uses it.'),
  owner: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*$|^[0-9]+:[0-9]+$/, 'must be user:group, such as root:www-data')
    .default('root:root')
    .describe('Owner of both files, as user:group. Default: root:root.'),
  permissions: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'must be three octal digits such as 640')
    .default('600')
    .describe('Permissions of the key, in octal. Default: 600.'),
  post_renewal_command: z
    .string()
    .max(4000)
    .optional()
    .describe(
      'What makes its user read it again: `pct exec ID -- systemctl reload|restart UNIT`, `qm guest exec ID -- systemctl reload|restart UNIT` or `qm guest exec ID -- docker restart NAME`; nothing else. Default: nothing.',
    ),
  comment: value.text.optional().describe('For readers of this file only.'),
});

/** The whole file. */
export const certificateFile = z.array(certificate).describe('The certificates that Phoenix keeps.');
