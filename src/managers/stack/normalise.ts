// Normalises a stack from its manifest and its compose file.

import type { z } from 'zod';
import type { Compose, StackVariable } from '../../compose/contents.ts';
import { type FilesByPath, fileAt } from '../../config/files.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import { namesSecret } from '../../model/secret-shapes.ts';
import { normaliseRules } from '../guest/normalise.ts';
import type { Stack, StackEnvironment, StackFile } from './declared.ts';
import type { stackEnvironment, stackManifest } from './schema.ts';

export function normaliseStack(
  name: string,
  written: z.output<typeof stackManifest>,
  compose: Compose,
  at: Place,
  files: FilesByPath,
): Stack {
  const environments = Object.entries(written.environments)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, environment]) => [key, environmentOf(environment, placeIn(at, 'environments', key), name, files)]);
  return {
    name,
    writtenAt: at,
    description: written.description ?? null,
    compose,
    environments: Object.fromEntries(environments),
  };
}

function environmentOf(
  written: z.output<typeof stackEnvironment>,
  at: Place,
  stack: string,
  files: FilesByPath,
): StackEnvironment {
  return {
    writtenAt: at,
    variables: written.variables.map(variableOf),
    files: written.files.map((file) => fileOf(file.source, file.destination_in_container, stack, files)),
    traefikLabels: Object.fromEntries(
      Object.entries(written.services)
        .map(([service, { traefik_labels }]) => [service, traefik_labels.map(withoutBlanks)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    firewallRules: normaliseRules(written.firewall_rules, placeIn(at, 'firewall_rules')),
  };
}

/** Blanks around the equals sign of a label are ignored. */
function withoutBlanks(label: string): string {
  return label.replace(/^ *([^=\s]+) += */, '$1=').replace(/^ +/, '');
}

function variableOf({ name, value }: z.output<typeof stackEnvironment>['variables'][number]): StackVariable {
  const reference = typeof value === 'object';
  return { name, value: reference ? value : String(value), secret: reference || namesSecret(name) };
}

/** Path from the config root, or relative to the manifest where no such file exists. */
function fileOf(source: string, destination: string, stack: string, files: FilesByPath): StackFile {
  const fromRoot = fileAt(files, source);
  const beside = fileAt(files, `stacks/${stack}/${source}`);
  return { ...(fromRoot.blob === null && beside.blob !== null ? beside : fromRoot), destination };
}
