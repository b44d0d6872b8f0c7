// Reads the folders below stacks/, each with a manifest and a compose file, and the older file that held all stacks.

import { type ReadCompose, readCompose } from '../../compose/compose.ts';
import type { Compose } from '../../compose/contents.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { MAX_COMPOSE_BYTES } from '../../config/limits.ts';
import { parse } from '../../config/read/parse.ts';
import { parseParts } from '../../config/read/parse-parts.ts';
import { type Place, placeIn } from '../../config/read/place.ts';
import { matches } from '../../config/schema/field-metadata.ts';
import { isNoSecret } from '../../config/secret.ts';
import { markingOf, plainSecret } from '../../config/written-marks.ts';
import type { SecretBounds } from '../../model/secret-bounds.ts';
import { namesSecret } from '../../model/secret-shapes.ts';
import type { Declaration, Reading } from '../declaration.ts';
import type { Stack } from './declared.ts';
import { normaliseStack } from './normalise.ts';
import { containerNamesAreFree, portsAreFree } from './rules/claims.ts';
import {
  externalNetworksAreMade,
  externalVolumesAreProvided,
  profilesAreAskedFor,
  variablesAreSet,
} from './rules/compose.ts';
import { stacksHoldAllTheyNeed } from './rules/deployable.ts';
import { STACKS_FILE, stackManifest, stacksFile } from './schema.ts';

const STACK_FILE = /^stacks\/([^/]+)\/(phoenix\.json|docker-compose\.yml)$/;

const MARKS = markingOf(stackManifest, plainVariables([]));
const OLD_MARKS = markingOf(stacksFile, plainVariables(['docker_stacks', '*']));

export const declaration: Declaration = {
  files: [
    {
      name: 'phoenix_stacks_config',
      shortName: 'stacks',
      path: STACKS_FILE,
      schema: stacksFile,
      ifEmpty: 'Remove the file: each stack has its own stacks/<name>/phoenix.json.',
    },
    {
      name: 'stack',
      path: /^stacks\/[^/]+\/phoenix\.json$/,
      schema: stackManifest,
      ifEmpty: 'Write {"environments": {"production": {}}}, or remove the folder of the stack.',
      references: (text, path) => [text, path.replace(/[^/]+$/, text)],
    },
  ],
  alsoReads: /^stacks\/[^/]+\/docker-compose\.yml$/,
  read(reading) {
    const stacks = readStacks(reading);
    validateOldStacks(reading);
    return { stacks };
  },
  rules: [
    variablesAreSet,
    externalVolumesAreProvided,
    externalNetworksAreMade,
    profilesAreAskedFor,
    stacksHoldAllTheyNeed,
    portsAreFree,
    containerNamesAreFree,
  ],
};

/** A stack without a manifest is left out; whether that is a fault is decided by rules. Unreadable files are recorded. */
function readStacks(reading: Reading): ReadonlyMap<string, Stack> {
  const { diagnostics, unreadable, files } = reading;
  const stacks = new Map<string, Stack>();
  for (const name of stackNames(files.keys())) {
    const at = { file: `stacks/${name}/phoenix.json`, path: '' };
    const { compose, diagnostics: faults } = composeOf(name, reading);
    diagnostics.add(faults);
    if (compose === undefined) unreadable.addFile(`stacks/${name}/docker-compose.yml`);
    const raw = reading.json(at.file, 'optional');
    if (raw === undefined) continue;
    reading.inspect(MARKS, raw, at);
    const manifest = parseParts(stackManifest, raw, at, environmentOrTop);
    diagnostics.add(manifest.diagnostics);
    if (manifest.value === undefined || manifest.left.length > 0) unreadable.addFile(at.file);
    if (manifest.value === undefined) continue;
    const known = compose ?? emptyCompose(`stacks/${name}/docker-compose.yml`);
    const stack = normaliseStack(name, manifest.value, known, at, files);
    stacks.set(name, compose === undefined ? withoutLabels(stack) : stack);
  }
  return stacks;
}

/** Names of the stacks that have a manifest or a compose file, sorted. */
function stackNames(paths: Iterable<string>): string[] {
  const names = new Set<string>();
  for (const path of paths) {
    const name = STACK_FILE.exec(path)?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names].sort();
}

/** An invalid environment does not affect the others. */
function environmentOrTop(path: readonly PropertyKey[]): readonly PropertyKey[] {
  if (path[0] !== 'environments') return path.slice(0, 1);
  return path.length < 2 ? [] : path.slice(0, 2);
}

/** Labels cannot be evaluated without the compose file. */
function withoutLabels(stack: Stack): Stack {
  const environments = Object.entries(stack.environments).map(([name, one]) => [name, { ...one, traefikLabels: {} }]);
  return { ...stack, environments: Object.fromEntries(environments) };
}

/** A compose file that is unchanged since the last commit is not parsed again: what is read depends on its content alone. */
function composeOf(name: string, { sources, files, known }: Reading): ReadCompose {
  const path = `stacks/${name}/docker-compose.yml`;
  const bytes = sources.bytes(path, 'optional', MAX_COMPOSE_BYTES);
  const blob = files.get(path)?.blob;
  if (bytes === undefined || blob === undefined)
    return { compose: blob === undefined ? emptyCompose(path) : undefined, diagnostics: [] };
  const written = { at: { file: path, path: '' }, entry: blob, circumstances: '', files };
  return known.entry(written, () => ({ value: readCompose(path, blob, bytes), lasting: true }));
}

/** The content of an empty compose file. */
export function emptyCompose(path: string): Compose {
  return {
    path,
    blob: null,
    services: [],
    images: {},
    profiles: {},
    externalVolumes: [],
    ownVolumes: [],
    externalNetworks: [],
    ownNetworks: [],
    variables: [],
    ports: [],
    containerNames: [],
    needs: [],
    labels: [],
    networkModes: {},
  };
}

/** The older file is validated although nothing uses it, so that errors in it are noticed. */
function validateOldStacks(reading: Reading): void {
  const raw = reading.sources.json(STACKS_FILE, 'optional');
  if (raw === undefined) return;
  const at: Place = { file: STACKS_FILE, path: '' };
  reading.diagnostics.add(parse(stacksFile, raw, at).diagnostics);
  reading.inspect(OLD_MARKS, raw, at);
}

const STACK_FAILS = 'a stack with it fails when it is applied';

/** Whether a stack's variable is secret is judged by its name. */
function plainVariables(above: readonly string[]) {
  const pattern = [...above, 'environments', '*', 'variables', '*'];
  return (raw: unknown, at: Place, bounds: SecretBounds): Diagnostic[] => {
    const diagnostics: Diagnostic[] = [];
    for (const { keys, value } of matches(raw, pattern)) {
      const variable = value as { name?: unknown; value?: unknown } | null;
      if (typeof variable !== 'object' || typeof variable?.name !== 'string' || !namesSecret(variable.name)) continue;
      if (typeof variable.value !== 'string' || isNoSecret(variable.value)) continue;
      diagnostics.push(plainSecret(variable.name, placeIn(at, ...keys, 'value'), bounds, STACK_FAILS));
    }
    return diagnostics;
  };
}
