// etc/phoenix_apt_repositories.json: where the node gets its packages from.

import { z } from 'zod';
import * as text from '../../../src/config/schema/text.ts';
import * as value from '../../../src/config/schema/values.ts';

export const APT_FILE = 'etc/phoenix_apt_repositories.json';

const WORD = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;

const aptRepository = z.strictObject({
  url: value.url.describe('Where the repository is.'),
  suite: text.name(WORD, 'must be a suite such as trixie').describe('Release of the distribution, such as trixie.'),
  components: z
    .array(text.name(WORD, 'must be a component such as main'))
    .min(1)
    .default(['main'])
    .describe('Parts of it. Default: main.'),
  signed_by: text.absolutePath
    .regex(/^\S+$/, 'must not hold spaces')
    .default('/usr/share/keyrings/debian-archive-keyring.gpg')
    .describe('File of the node with the keys that sign it. Default: those of Debian.'),
});

/** The whole file. */
export const aptFile = z
  .strictObject({
    $schema: value.schemaLink,
    repositories: z.record(text.pathSegment, aptRepository).describe('The repositories, by name.'),
  })
  .describe('The apt repositories of the node that Phoenix keeps.');
