// The schema of stacks/<name>/phoenix.json: what Phoenix needs to know of a Docker stack beside its compose file. Also of
// etc/phoenix_stacks_config.json, an older collection of the same that nothing uses.

import { z } from 'zod';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import { firewallRule } from '../guest/schema.ts';

const variable = z.strictObject({
  name: text
    .name(
      /^(?!PHOENIX_(?:TARGET|REVISION)$)[A-Za-z_][A-Za-z0-9_]*$/,
      'must be the name of a variable, and none of those that Phoenix adds',
    )
    .describe('Name, as the compose file mentions it after a dollar sign.'),
  value: z
    .union(
      [text.line(100_000), z.number(), z.boolean(), value.secretReference],
      'must be text of one line or a secret reference',
    )
    .describe('Its value, or where the secret is.'),
});

const file = z.strictObject({
  source: text.repositoryPath.describe('File of the repository: a path from the config root, or beside this manifest.'),
  destination_in_container: text.bindPath.describe('Where containers see it.'),
});

const service = z.strictObject({
  traefik_labels: z
    .array(text.line(4096).regex(/^ *[^=\s]+ *=.*$/, 'must be a label such as traefik.enable=true'))
    .default([])
    .describe('Labels that the proxy reads, beside those of the compose file; one of both counts here. Default: none.'),
});

/** One environment of a stack. */
export const stackEnvironment = z.strictObject({
  variables: z.array(variable).default([]).describe('Variables of the compose file. Default: none.'),
  files: z.array(file).default([]).describe('Files handed in. Default: none.'),
  services: z
    .record(text.line(256), service)
    .default({})
    .describe('Additions to services of the compose file. Default: none.'),
  firewall_rules: z
    .array(firewallRule)
    .default([])
    .describe('Rules added to every VM that runs the stack. Default: none.'),
});

/** The whole file of one stack. */
export const stackManifest = z
  .strictObject({
    $schema: value.schemaLink,
    description: text.prose.optional().describe('For readers.'),
    environments: z
      .record(text.pathSegment, stackEnvironment)
      .describe('Ways to run it by name; VMs use `production` unless they say otherwise.'),
  })
  .describe('One Docker stack.');

export const STACKS_FILE = 'etc/phoenix_stacks_config.json';

/** The older collection. */
export const stacksFile = z
  .strictObject({
    $schema: value.schemaLink,
    comment: text.prose.optional().describe('For readers of this file only.'),
    docker_stacks: z
      .record(
        text.line(256),
        z.strictObject({
          description: text.prose.optional().describe('For readers.'),
          compose_file_path: text.repositoryPath.optional().describe('Path of the compose file.'),
          environments: z
            .record(text.pathSegment, stackEnvironment)
            .default({})
            .describe('As in `stacks/<name>/phoenix.json`.'),
        }),
      )
      .optional()
      .meta({ noEffect: 'each stack has its own `stacks/<name>/phoenix.json`.' })
      .describe('Without effect: each stack has its own `stacks/<name>/phoenix.json`.'),
  })
  .describe('An older collection of stacks, read by nobody.');
