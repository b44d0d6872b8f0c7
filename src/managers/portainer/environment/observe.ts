// Observes an environment: its agent in the VM, and its entry in Portainer.

import { nameOf } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { HostReader, Wanted } from '../../manager.ts';
import { ask, type Said } from '../../portainer-api/call.ts';
import { type Container, containersIn } from '../../portainer-api/containers.ts';
import { isThere, runInVm } from '../../portainer-api/docker.ts';
import { type Endpoint, endpointsOf } from '../../portainer-api/environments.ts';
import { AGENT_NAME } from './agent.ts';
import type { EnvironmentSpec } from './environment-spec.ts';
import { type EnvironmentNote, notePath, readNote } from './note.ts';

export interface EnvironmentObservation {
  readonly agent: AgentSeen;
  readonly endpoints: Exclude<Said, { kind: 'said' }> | readonly Endpoint[];
  /** Instance id of Portainer's data; null where it was not reported. */
  readonly instance: string | null;
  readonly note: EnvironmentNote | null;
}

type AgentSeen =
  | { readonly kind: 'seen'; readonly container: Container | null }
  /** Not observed: none is needed, or Portainer reaches the one that is noted. */
  | { readonly kind: 'trusted' }
  /** The VM does not exist. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreachable'; readonly why: string };

export async function observeEnvironment(
  host: HostReader,
  wanted: Wanted<EnvironmentSpec>,
): Promise<EnvironmentObservation> {
  const spec = wanted.spec;
  const note = readNote(await host.readFile(notePath(nameOf(wanted.target))));
  const known = spec ?? note ?? wanted.before;
  if (known === undefined) return { agent: { kind: 'absent' }, endpoints: [], instance: null, note };
  const needed = spec === undefined || spec.agent !== null;
  const agent: AgentSeen = needed ? await observeAgent(host, known.vm) : { kind: 'trusted' };
  // If Portainer's VM no longer exists, there is nothing to remove.
  const gone = spec === undefined && !(await isThere(host, known.service.vm));
  if (gone) return { agent, endpoints: [], instance: null, note };
  const endpoints = await endpointsOf(host, known.service);
  const status = await ask(host, known.service, '/system/status', { by: 'nobody' });
  return {
    agent,
    endpoints: 'kind' in endpoints && endpoints.kind === 'said' ? [] : endpoints,
    instance: instanceIn(status),
    note,
  };
}

export function instanceIn(status: Said): string | null {
  const id = status.kind === 'said' ? (status.value as JsonObject | null)?.['InstanceID'] : undefined;
  return typeof id === 'string' ? id : null;
}

async function observeAgent(host: HostReader, vm: number): Promise<AgentSeen> {
  if (!(await isThere(host, vm))) return { kind: 'absent' };
  const argv = ['docker', 'ps', '--all', '--no-trunc', '--filter', `name=^${AGENT_NAME}$`, '--format', 'json'];
  const asked = await runInVm(host, vm, argv);
  if ('failure' in asked) return { kind: 'unreachable', why: asked.failure };
  return { kind: 'seen', container: containersIn(asked.stdout)[0] ?? null };
}
