// How an environment of Portainer is compared: its entry in Portainer, and its agent in the VM, whose labels say how it was started.

import { type Comparison, difference, differenceAt, type FoundDifference, valueField } from '../../comparison.ts';
import type { Container } from '../../portainer-api/containers.ts';
import type { Endpoint } from '../../portainer-api/environments.ts';
import { AGENT_NAME, isForeignAgent, revisionOfAgent } from './agent.ts';
import { noteOf } from './decide.ts';
import { type Agent, agentRevision, type EnvironmentSpec } from './environment-spec.ts';
import { printNote } from './note.ts';
import type { EnvironmentObservation as Seen } from './observe.ts';

/** Undefined where Portainer did not say. */
function entryOf({ name }: EnvironmentSpec, { endpoints }: Seen): Endpoint | null | undefined {
  return Array.isArray(endpoints) ? (endpoints.find((each: Endpoint) => each.name === name) ?? null) : undefined;
}

export const environmentComparison: Comparison<EnvironmentSpec, Seen> = {
  fields: [
    valueField('portainer_environment_name', ['name'], {
      declared: ({ name }) => name,
      observed: (seen, spec) => {
        const entry = entryOf(spec, seen);
        return entry === undefined ? undefined : (entry?.name ?? null);
      },
    }),
    valueField('portainer_agent_hostname', ['url'], {
      declared: ({ url }) => url,
      observed: (seen, spec) => entryOf(spec, seen)?.url,
    }),
    {
      name: 'agent',
      of: ['agent'],
      differences: ({ spec, target }, seen) => {
        if (spec.agent === null || seen.agent.kind !== 'seen') return [];
        const { container } = seen.agent;
        if (container === null) return [difference(['agent'], spec.agent.image, null)];
        if (isForeignAgent(container, target))
          return [difference(['agent'], `started for ${target}`, 'started by others')];
        const started = startedOtherwise(spec.agent, container);
        const isStopped = started.length === 0 && !container.running;
        return isStopped ? [difference(['agent', AGENT_NAME], 'running', 'stopped')] : started;
      },
    },
  ],
  rest({ target, spec }, seen, written) {
    const entry = entryOf(spec, seen);
    if (entry === undefined || entry === null || entry.url !== spec.url) return [];
    if (!entry.up) return [difference(['reached by Portainer'], 'yes', 'no')];
    // The note follows once everything else is as declared.
    const isWhole = environmentComparison.fields.every((field) => field.differences(written, seen).length === 0);
    return isWhole ? noteDifference(target, spec, seen) : [];
  },
};

/** By its image where that is another, else by the digest of how it was started: its port and the secret that it was given. */
function startedOtherwise(agent: Agent, container: Container): FoundDifference[] {
  const version = agentRevision(agent);
  const observed = revisionOfAgent(container);
  if (observed === version) return [];
  const image = container.image === null ? [] : differenceAt(['agent', 'image'], agent.image, container.image);
  return image.length > 0 ? image : differenceAt(['agent'], `version ${version}`, versionText(observed));
}

function versionText(revision: string | null): string {
  return revision === null ? 'no version' : `version ${revision}`;
}

function noteDifference(target: Parameters<typeof noteOf>[0], spec: EnvironmentSpec, seen: Seen): FoundDifference[] {
  const { instance, note } = seen;
  if (instance === null) return [];
  const isNoted = note !== null && printNote(note) === printNote(noteOf(target, spec, instance));
  return isNoted ? [] : [difference(['note'], 'as declared', note === null ? null : 'another one')];
}
