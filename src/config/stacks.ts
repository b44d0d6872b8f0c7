// The folders below stacks/: a manifest and a compose file each.

import { targetId } from '../model/ids.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { type ReadCompose, readCompose } from './compose/compose.ts';
import type { Place } from './config.ts';
import type { Compose, Stack } from './config-services.ts';
import type { Findings } from './findings.ts';
import { MAX_COMPOSE_BYTES } from './limits.ts';
import { normaliseStack } from './normalise/stack.ts';
import { parse } from './read/parse.ts';
import { stackManifest } from './schema/stack.ts';
import { type Sources, stackNames } from './sources.ts';

export interface AssembledStacks {
  readonly stacks: ReadonlyMap<string, Stack>;
  /** A file was there and could not be used. */
  readonly broken: boolean;
}

/** What runs the Portainer server. */
export const SERVER_IMAGE = /(^|\/)portainer\/portainer(-ce|-ee)?(:|@|$)/;

/** A stack without a manifest is left out; whether that matters is for the rules. */
export function assembleStacks(
  snapshot: Snapshot,
  sources: Sources,
  findings: Findings,
  look: (schema: 'stack', raw: unknown, at: Place) => void,
): AssembledStacks {
  const stacks = new Map<string, Stack>();
  let broken = false;
  for (const name of stackNames(snapshot)) {
    const at = { file: `stacks/${name}/phoenix.json`, path: '' };
    const { compose, findings: faults } = composeOf(name, snapshot, sources);
    findings.add(faults);
    const raw = sources.json(at.file, 'optional');
    if (compose === undefined) broken = true;
    if (raw === undefined) continue;
    look('stack', raw, at);
    const manifest = parse(stackManifest, raw, at);
    findings.add(manifest.findings);
    if (manifest.value === undefined || compose === undefined) broken = true;
    else stacks.set(name, normaliseStack(name, manifest.value, compose, at, snapshot.files));
  }
  return { stacks, broken };
}

function composeOf(name: string, snapshot: Snapshot, sources: Sources): ReadCompose {
  const path = `stacks/${name}/docker-compose.yml`;
  const bytes = sources.bytes(path, 'optional', MAX_COMPOSE_BYTES);
  const blob = snapshot.files.get(path)?.blob;
  if (bytes === undefined || blob === undefined)
    return { compose: blob === undefined ? missing(path) : undefined, findings: [] };
  return readCompose(path, blob, bytes);
}

function missing(path: string): Compose {
  return { path, blob: null, services: [], images: {}, externalVolumes: [], variables: [], ports: [] };
}

/** A stack on a VM. */
export function stackTarget(vmid: number, name: string) {
  return targetId('stack', `${vmid}.${name}`);
}
