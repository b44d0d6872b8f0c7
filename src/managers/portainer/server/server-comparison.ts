// How the Portainer server is compared. Its compose file, its additions and its settings are started together, and known by one version of all; the lines of the
// compose file say what differs of it.

import { type Comparison, difference, differenceAt, type FoundDifference } from '../../comparison.ts';
import { volumeDifferences } from '../../portainer-api/docker.ts';
import type { ServerObservation as Seen } from './observe.ts';
import { OWNER_LABEL, revisionOf, type ServerSpec } from './server-spec.ts';

export const serverComparison: Comparison<ServerSpec, Seen> = {
  fields: [
    {
      name: 'version',
      of: ['stack', 'admin'],
      differences({ spec }, { inside }) {
        if (inside.kind !== 'seen' || spec.stack === null) return [];
        const observed = inside.revision === null ? null : `version ${inside.revision}`;
        const found = differenceAt(['version'], `version ${revisionOf(spec)}`, observed);
        const { compose: observedText } = inside;
        if (observedText === null) return found;
        const { compose: blob, additions } = spec.stack;
        return found.map((each) => ({ ...each, compose: { blob, additions, observed: observedText } }));
      },
    },
  ],
  rest: ({ spec }, seen) => {
    const found = [...containerDifferences(spec, seen), ...accessDifferences(spec, seen)];
    const session = seen.keptSession ? [difference(['session of Phoenix'], null, 'open')] : [];
    const note = { service: spec.service, project: spec.stack?.project ?? null, revision: revisionOf(spec) };
    const isNoted = seen.note !== null && JSON.stringify(seen.note) === JSON.stringify(note);
    const isStarted = seen.inside.kind !== 'seen' || seen.inside.revision === note.revision;
    if (found.length > 0 || !isStarted) return found;
    return [
      ...session,
      ...(isNoted ? [] : [difference(['note'], 'as declared', seen.note === null ? null : 'another one')]),
    ];
  },
};

function containerDifferences({ stack }: ServerSpec, { inside }: Seen): FoundDifference[] {
  if (stack === null || inside.kind !== 'seen') return [];
  const { containers, folders } = inside;
  const stopped = containers.filter(({ running }) => !running);
  const isForeign = containers.length > 0 && !containers.some(({ labels }) => labels.includes(OWNER_LABEL));
  return [
    ...(containers.length === 0 ? [difference([`containers of ${stack.project}`], 'running', null)] : []),
    ...stopped.map(({ name }) => difference([`container ${name}`], 'running', 'stopped')),
    ...(isForeign ? [difference([`containers of ${stack.project}`], 'started by Phoenix', 'started by others')] : []),
    ...volumeDifferences(stack.volumes, folders),
  ];
}

/** Whether it answers, to whom. Not observed where its containers do not run. */
function accessDifferences({ admin, stack }: ServerSpec, { inside, answers }: Seen): FoundDifference[] {
  const isAsked = stack === null || (inside.kind === 'seen' && inside.containers.some(({ running }) => running));
  if (inside.kind === 'trusted' || !isAsked) return [];
  const { status, admin: administrator, key } = answers;
  if (status.kind !== 'said')
    return [difference(['Portainer'], 'answers', status.kind === 'closed' ? 'closed itself' : 'does not answer')];
  if (administrator === 'missing') return [difference(['portainer_api', 'admin_user'], admin.user, null)];
  return key === false ? [difference(['key of Phoenix'], 'accepted', 'refused')] : [];
}
