// The schema of etc/certificate-manifest.json: certificates that the internal authority issues.

import { z } from 'zod';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';

const filePath = text.bindPath.regex(/[^/]$/, 'must name a file, without a slash at its end');

const guest = value.guestId.describe('Container or VM that uses the certificate.');

/** What makes its user load a new certificate. Nothing of it is ever parsed by a shell. */
const hook = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('reload-service').describe('Lets a service read its files again; restarts one that cannot.'),
    guest,
    unit: value.unit.describe('Its unit, such as nginx.'),
  }),
  z.strictObject({
    kind: z.literal('restart-service').describe('Restarts a service.'),
    guest,
    unit: value.unit.describe('Its unit, such as traefik.'),
  }),
  z.strictObject({
    kind: z.literal('restart-container').describe('Restarts a Docker container.'),
    guest,
    container: value.containerName.describe('Its name, such as portainer_server.'),
  }),
  z.strictObject({
    kind: z.literal('exec').describe('Runs a program in the guest as root. It must do no harm when it is run twice.'),
    guest,
    argv: z.array(text.argument).min(1).max(64).describe('The program and its arguments, each as it is.'),
  }),
]);

/** One certificate. */
export const certificate = z.strictObject({
  common_name: value.hostname.describe('Name that the certificate is for; also names its target.'),
  sans: z
    .array(value.hostname)
    .default([])
    .describe('All names and addresses it is valid for. Default: the common name.'),
  cert_path: filePath.describe('File of the host for the certificate; must be seen by the guest that uses it.'),
  key_path: filePath.describe('File of the host for the key; must be seen by the guest that uses it.'),
  owner: text
    .name(/^[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*$|^[0-9]+:[0-9]+$/, 'must be user:group, such as root:www-data')
    .default('root:root')
    .describe(
      'Owner of both files, as user:group, as the container sees them that the files are for. Default: root:root.',
    ),
  issuer: z
    .enum(['jwk', 'acme'])
    .default('jwk')
    .describe(
      'How the authority is asked: `jwk`, by a token of its provisioner, for any name and address; `acme`, by showing a file for each name at the gateway. Default: jwk.',
    ),
  lifetime: text
    .name(/^(?=.)([1-9][0-9]{0,3}d)?([1-9][0-9]{0,4}h)?([1-9][0-9]{0,6}m)?$/, 'must be a duration such as 720h or 30d')
    .optional()
    .describe(
      'How long it is valid, such as 720h or 30d; renewed when two thirds have passed. Default: what the authority gives, 24 hours as it comes.',
    ),
  permissions: text
    .name(/^0?[0-7]{3}$/, 'must be three octal digits such as 640')
    .default('600')
    .describe('Permissions of the key, in octal; nobody else is ever let in. Default: 600.'),
  post_renewal: hook.optional().describe('What makes its user read it again. Default: nothing.'),
  post_renewal_command: text
    .line(4000)
    .optional()
    .describe(
      'Older form of `post_renewal`: `pct exec ID -- systemctl reload|restart UNIT`, `qm guest exec ID -- systemctl reload|restart UNIT` or `qm guest exec ID -- docker restart NAME`; nothing else. Default: nothing.',
    ),
  comment: text.prose.optional().describe('For readers of this file only.'),
});

export const CERTIFICATE_FILE = 'etc/certificate-manifest.json';

/** The whole file. */
export const certificateFile = z.array(certificate).describe('The certificates that Phoenix keeps.');
