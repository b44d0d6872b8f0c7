// The folders below stacks/: a manifest and a compose file each.

import { targetId } from '../model/ids.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type ReadCompose, readCompose } from './compose/compose.ts';
import type { Compose, Stack } from './config-services.ts';
import type { Entries } from './entries.ts';
import { MAX_COMPOSE_BYTES } from './limits.ts';
import { normaliseStack } from './normalise/stack.ts';
import { parseParts } from './read/parse-parts.ts';
import { stackManifest } from './schema/stack.ts';
import { type Sources, stackNames } from './sources.ts';

/** A stack without a manifest is left out; whether that matters is for the rules. What cannot be read is noted. */
export function assembleStacks(
  snapshot: Snapshot,
  sources: Sources,
  { findings, unreadable, look }: Entries,
): ReadonlyMap<string, Stack> {
  const stacks = new Map<string, Stack>();
  for (const name of stackNames(snapshot)) {
    const at = { file: `stacks/${name}/phoenix.json`, path: '' };
    const { compose, findings: faults } = composeOf(name, snapshot, sources);
    findings.add(faults);
    if (compose === undefined) unreadable.addFile(`stacks/${name}/docker-compose.yml`);
    const raw = sources.json(at.file, 'optional');
    if (raw === undefined) {
      if (snapshot.files.has(at.file)) unreadable.addFile(at.file);
      continue;
    }
    look('stack', raw, at);
    const manifest = parseParts(stackManifest, raw, at, environmentOrTop);
    findings.add(manifest.findings);
    if (manifest.value === undefined || manifest.left.length > 0) unreadable.addFile(at.file);
    if (manifest.value === undefined) continue;
    const known = compose ?? emptyCompose(`stacks/${name}/docker-compose.yml`);
    const stack = normaliseStack(name, manifest.value, known, at, snapshot.files);
    stacks.set(name, compose === undefined ? withoutLabels(stack) : stack);
  }
  return stacks;
}

/** One bad environment leaves the others readable. */
function environmentOrTop(path: readonly PropertyKey[]): readonly PropertyKey[] {
  if (path[0] !== 'environments') return path.slice(0, 1);
  return path.length < 2 ? [] : path.slice(0, 2);
}

/** What labels mean depends on the compose file. */
function withoutLabels(stack: Stack): Stack {
  const environments = Object.entries(stack.environments).map(([name, one]) => [name, { ...one, traefikLabels: {} }]);
  return { ...stack, environments: Object.fromEntries(environments) };
}

function composeOf(name: string, snapshot: Snapshot, sources: Sources): ReadCompose {
  const path = `stacks/${name}/docker-compose.yml`;
  const bytes = sources.bytes(path, 'optional', MAX_COMPOSE_BYTES);
  const blob = snapshot.files.get(path)?.blob;
  if (bytes === undefined || blob === undefined)
    return { compose: blob === undefined ? emptyCompose(path) : undefined, findings: [] };
  return readCompose(path, blob, bytes);
}

/** One that says nothing. */
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

/** A stack on a VM. */
export function stackTarget(vmid: number, name: string) {
  return targetId('stack', `${vmid}.${name}`);
}
