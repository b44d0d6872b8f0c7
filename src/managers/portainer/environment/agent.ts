// Portainer's agent in a VM: one container, whose labels say who owns it and how it was started.

import type { Action, Content, SecretReference } from '../../../model/action.ts';
import type { TargetId } from '../../../model/ids.ts';
import type { Container } from '../../portainer-api/containers.ts';
import { inVm, PULL_SECONDS, putFile } from '../../portainer-api/docker.ts';
import { type Agent, agentRevision } from './environment-spec.ts';

export const AGENT_NAME = 'portainer_agent';
/** Path in the VM, readable by root only; the Docker daemon knows a container's environment anyway. */
const SECRET_FILE = '/var/lib/phoenix/portainer/agent-secret.env';
const OWNER = 'phoenix.target=';
const REVISION = 'phoenix.revision=';

export function isForeignAgent(container: Container | null, target: TargetId): boolean {
  return container !== null && !container.labels.includes(`${OWNER}${target}`);
}

/** How it was started; null for a container without that label. */
export function revisionOfAgent({ labels }: Container): string | null {
  return labels.find((label) => label.startsWith(REVISION))?.slice(REVISION.length) ?? null;
}

/** Empty when it runs as declared. The image is pulled before the running agent is removed. */
export function startAgent(vm: number, target: TargetId, agent: Agent, container: Container | null): Action[] {
  const revision = agentRevision(agent);
  if (container?.running && revisionOfAgent(container) === revision) return [];
  const run = [
    ...['docker', 'run', '--detach', '--name', AGENT_NAME, '--restart', 'always'],
    ...['--label', `${OWNER}${target}`, '--label', `${REVISION}${revision}`],
    ...['--publish', `${agent.port}:9001`],
    ...['--volume', '/var/run/docker.sock:/var/run/docker.sock'],
    ...['--volume', '/var/lib/docker/volumes:/var/lib/docker/volumes'],
    ...['--volume', '/:/host'],
    ...(agent.secret === undefined ? [] : ['--env-file', SECRET_FILE]),
    agent.image,
  ];
  return [
    inVm(vm, `pull ${agent.image}`, ['docker', 'pull', '--quiet', agent.image], { seconds: PULL_SECONDS }),
    ...(agent.secret === undefined ? [] : putFile(vm, SECRET_FILE, secretFile(agent.secret), '600')),
    ...(container === null ? [] : [removeAgent(vm)]),
    inVm(vm, 'start the agent of Portainer', run, { seconds: PULL_SECONDS, impact: 'restart' }),
  ];
}

/** `docker run` takes the rest of each line literally. */
function secretFile(secret: SecretReference): Content {
  const text = (each: string): Content => ({ from: 'text', text: each });
  return { from: 'joined', parts: [text('AGENT_SECRET='), { from: 'secret', secret }, text('\n')] };
}

export function removeAgent(vm: number): Action {
  const argv = ['docker', 'rm', '--force', AGENT_NAME];
  return inVm(vm, 'remove the agent of Portainer', argv, { impact: 'restart' });
}
