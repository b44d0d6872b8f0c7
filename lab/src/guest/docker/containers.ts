// Creates, starts and removes containers, for `docker`, `docker compose` and Portainer's agent.

import { randomBytes } from 'node:crypto';
import { startPortainer } from './portainer.ts';
import { DockerRefusal } from './refusal.ts';
import type { Container, DockerState, Root } from './state.ts';

export type Wish = Omit<Container, 'id' | 'running' | 'started' | 'log' | 'configuration'>;

export function createContainer(root: Root, state: DockerState, wish: Wish): Container {
  const taken = state.containers.find(({ name }) => name === wish.name);
  if (taken !== undefined) {
    throw new DockerRefusal(
      `Error response from daemon: Conflict. The container name "/${wish.name}" is already in use by container "${taken.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      125,
    );
  }
  pull(state, wish.image);
  const id = randomBytes(32).toString('hex');
  const container = { ...wish, id, configuration: configurationOf(wish), running: false, started: 0, log: '' };
  state.containers.push(container);
  start(root, state, container);
  return container;
}

/** The part of the configuration whose change makes compose recreate a container. */
export function configurationOf(wish: Wish): string {
  const { name, image, labels, command, mounts, ports, env } = wish;
  return JSON.stringify([name, image, labels, command, mounts, ports, env]);
}

export function start(root: Root, state: DockerState, container: Container): void {
  for (const { published } of container.ports) {
    const other = state.containers.find(
      (each) => each !== container && each.running && each.ports.some((port) => port.published === published),
    );
    if (other !== undefined) {
      throw new DockerRefusal(
        `Error response from daemon: driver failed programming external connectivity on endpoint ${container.name}: Bind for 0.0.0.0:${published} failed: port is already allocated`,
        125,
      );
    }
  }
  for (const { source } of container.mounts) {
    if (source.startsWith('/') || state.volumes.some(({ name }) => name === source)) continue;
    state.volumes.push({ name: source, driver: 'local', options: {} });
  }
  container.running = true;
  container.started = Date.now();
  startPortainer(root, state, container);
}

export function remove(state: DockerState, container: Container): void {
  state.containers = state.containers.filter((each) => each !== container);
}

/** An unknown registry, and one that requires a login, refuse as the real ones do. */
export function pull(state: DockerState, image: string): void {
  const reference = /[:@]/.test(image.split('/').at(-1) ?? '') ? image : `${image}:latest`;
  if (!/^[a-z0-9][\w./:@-]*$/.test(reference)) throw new DockerRefusal(`invalid reference format: ${image}`);
  const [registry = ''] = reference.split('/');
  if (registry.endsWith('.invalid')) {
    throw new DockerRefusal(
      `Error response from daemon: Get "https://${registry}/v2/": dial tcp: lookup ${registry}: no such host`,
    );
  }
  if (!state.images.includes(reference)) state.images.push(reference);
}

export function byName(state: DockerState, name: string): Container {
  const found = state.containers.find((each) => each.name === name || each.id.startsWith(name));
  if (found === undefined) throw new DockerRefusal(`Error response from daemon: No such container: ${name}`);
  return found;
}

/** The JSON line of `docker ps` and `docker compose ps`. */
export function listed(container: Container): string {
  const { id, name, image, project, service, labels, running, ports } = container;
  return JSON.stringify({
    ID: id,
    Image: image,
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    Name: name,
    Names: name,
    Ports: ports.map(({ published, target }) => `0.0.0.0:${published}->${target}/tcp`).join(', '),
    Project: project ?? '',
    Service: service ?? '',
    State: running ? 'running' : 'exited',
  });
}
