// Registers the kind `portainer`: the server in its VM, and the environments that it manages.

import { nameOf, type TargetId } from '../../model/ids.ts';
import { comparedBy } from '../comparison.ts';
import type { Kind } from '../kind.ts';
import type { HostReader, Wanted } from '../manager.ts';
import { ask, call, type Said } from '../portainer-api/call.ts';
import { type Endpoint, endpointsOf } from '../portainer-api/environments.ts';
import { NOTES, readServerNote, SERVER_NOTE, SESSION_FILE, type ServerNote } from '../portainer-api/service.ts';
import { decideEnvironment } from './environment/decide.ts';
import { environmentComparison } from './environment/environment-comparison.ts';
import { agentRevision, type EnvironmentSpec, environmentTargets } from './environment/environment-spec.ts';
import { notePath, readNote } from './environment/note.ts';
import { type EnvironmentObservation, instanceIn, observeEnvironment } from './environment/observe.ts';
import { portainerSources } from './places.ts';
import { portainerRolesHaveAServer, portainerServerRuns } from './rules.ts';
import { decideServer } from './server/decide.ts';
import { observeServer, type ServerObservation } from './server/observe.ts';
import { serverComparison } from './server/server-comparison.ts';
import { revisionOf, type ServerSpec, serverTarget } from './server/server-spec.ts';

/** Two requests to the server named in the note; none without a note. */
interface Inventory {
  readonly server: ServerNote | null;
  readonly notes: ReadonlyMap<string, string>;
  readonly status: Said;
  readonly endpoints: Said | readonly Endpoint[];
  readonly keptSession: boolean;
}

type Observation =
  | { readonly kind: 'server'; readonly seen: ServerObservation }
  | { readonly kind: 'environment'; readonly seen: EnvironmentObservation };

type Spec = ServerSpec | EnvironmentSpec;

export const portainer: Kind<Spec, Observation, Inventory> = {
  kind: 'portainer',
  sources: portainerSources,
  declares: { files: [], rules: [portainerRolesHaveAServer, portainerServerRuns] },
  targets: (config) => [...serverTarget(config), ...environmentTargets(config)],
  // Containers are recreated; their data is in volumes, which stay.
  impact: ({ verb }) => (verb === 'create' ? 'live' : 'restart'),
  async inventory(host: HostReader) {
    const notes = await host.readFolders([NOTES]);
    const server = readServerNote(notes.get(SERVER_NOTE));
    const keptSession = (await host.readFile(SESSION_FILE)) !== undefined;
    const none: Said = { kind: 'missing' };
    if (server === null) return { server, notes, status: none, endpoints: none, keptSession };
    const [status, endpoints] = await Promise.all([
      ask(host, server.service, '/system/status', { by: 'nobody' }),
      endpointsOf(host, server.service),
    ]);
    return { server, notes, status, endpoints, keptSession };
  },
  quickCheck(inventory, wanted) {
    if (isServers(wanted)) return quickCheckOfServer(inventory, wanted.spec);
    return isEnvironments(wanted) ? quickCheckOfEnvironment(inventory, wanted.target, wanted.spec) : null;
  },
  async observe(host, wanted) {
    if (isServers(wanted)) return { kind: 'server', seen: await observeServer(host, wanted) };
    if (isEnvironments(wanted)) return { kind: 'environment', seen: await observeEnvironment(host, wanted) };
    throw new Error(`Portainer has no ${wanted.target}`);
  },
  decide(wanted, observation) {
    if (isServers(wanted) && observation.kind === 'server') return decideServer(wanted, observation.seen);
    if (isEnvironments(wanted) && observation.kind === 'environment')
      return decideEnvironment(wanted, observation.seen);
    throw new Error(`${wanted.target} was looked at as something else`);
  },
  differences(wanted, observation) {
    if (isServers(wanted) && observation.kind === 'server')
      return comparedBy(serverComparison, wanted, observation.seen);
    if (isEnvironments(wanted) && observation.kind === 'environment')
      return comparedBy(environmentComparison, wanted, observation.seen);
    return [];
  },
  isThere(wanted, { kind, seen }) {
    if (kind === 'server') return isServerThere(seen);
    const { endpoints } = seen;
    if (!isEnvironments(wanted) || !Array.isArray(endpoints)) return null;
    return endpoints.some(({ name }: Endpoint) => name === wanted.spec?.name);
  },
  health(wanted) {
    if (wanted.spec === undefined) return null;
    if (isServers(wanted)) {
      const command = call(wanted.spec.service, 'GET', '/users/me');
      return { summary: "Portainer answers and takes Phoenix's key", command, retries: 5, intervalSeconds: 2 };
    }
    if (!isEnvironments(wanted)) return null;
    const { service, name } = wanted.spec;
    const path = `/endpoints?excludeSnapshots=true&name=${encodeURIComponent(name)}`;
    const command = call(service, 'GET', path, { expect: { pointer: '/0/Status', oneOf: [1] } });
    return { summary: `Portainer reaches environment ${name}`, command, retries: 5, intervalSeconds: 3 };
  },
  // Nothing that is removed holds data: that is in volumes, which stay.
  rollback: () => null,
};

function isServers(wanted: Wanted<Spec>): wanted is Wanted<ServerSpec> {
  return nameOf(wanted.target) === 'server';
}

function isEnvironments(wanted: Wanted<Spec>): wanted is Wanted<EnvironmentSpec> {
  return !isServers(wanted);
}

/** Null where its VM does not answer. */
function isServerThere({ inside }: ServerObservation): boolean | null {
  switch (inside.kind) {
    case 'seen':
      return inside.containers.length > 0;
    case 'trusted':
      return true;
    case 'absent':
      return false;
    case 'unreachable':
      return null;
    default:
      return inside satisfies never;
  }
}

/** That the server accepts the key proves that it runs. */
function quickCheckOfServer(inventory: Inventory, spec: ServerSpec | undefined): Observation | null {
  const { server: note, status, endpoints, keptSession } = inventory;
  if (spec === undefined || note === null || note.revision !== revisionOf(spec)) return null;
  if (status.kind !== 'said' || !Array.isArray(endpoints)) return null;
  const answers = { status, admin: 'there', key: true, user: null } as const;
  return { kind: 'server', seen: { inside: { kind: 'trusted' }, answers, note, keptToken: true, keptSession } };
}

function quickCheckOfEnvironment(
  inventory: Inventory,
  target: TargetId,
  spec: EnvironmentSpec | undefined,
): Observation | null {
  const { server, notes, status, endpoints } = inventory;
  const note = readNote(notes.get(notePath(nameOf(target))));
  if (spec === undefined || note === null || !Array.isArray(endpoints)) return null;
  const isNoted = note.agent === (spec.agent === null ? null : agentRevision(spec.agent));
  const isThere = server !== null && JSON.stringify(server.service) === JSON.stringify(spec.service);
  if (!isNoted || !isThere) return null;
  return { kind: 'environment', seen: { agent: { kind: 'trusted' }, endpoints, instance: instanceIn(status), note } };
}
