// A Portainer server that people start in a machine themselves, with its administrator: `portainers` of `lab.json`, by the id of the machine.

import { createContainer } from '../../guest/docker/containers.ts';
import { hashOf, isServer, readDatabase, writeDatabase } from '../../guest/docker/portainer.ts';
import { rootOf } from '../../guest/docker/root.ts';
import { changeState, isInstalled, PROGRAM, readState } from '../../guest/docker/state.ts';
import { replaceFile } from '../../proxmox/lock.ts';
import { labSettings, openNode, type PortainerByHand, setPortainer } from '../../proxmox/node.ts';
import type { Peer } from '../service.ts';

/** Its port with TLS, as Portainer's own instructions publish it. */
const TLS_PORT = 9443;
const ADMINISTRATOR = 1;
const DOCKER_SOCKET = '/var/run/docker.sock';

/** Has people start the server as soon as the machine runs; the machine may not exist yet. One that they have already is left as it is. */
export function runPortainerByHand(dir: string, vm: number, server: PortainerByHand): void {
  const node = openNode(dir);
  if (labSettings(node).portainers?.[vm] === undefined) setPortainer(node, vm, server);
}

/** Starts the server of the machine that a connection goes to, where people run one and its container is not there yet. */
export function startByHand({ node, guest, port }: Peer): void {
  const server = guest?.kind === 'qemu' ? labSettings(node).portainers?.[guest.id] : undefined;
  if (guest === null || server?.port !== port) return;
  const root = rootOf(node, guest.id);
  if (readState(root).containers.some(isServer)) return;
  // Whoever runs containers there has installed Docker.
  if (!isInstalled(root)) replaceFile(root.at(PROGRAM), '');
  changeState(root, (state) => {
    const container = createContainer(root, state, {
      name: 'portainer',
      image: 'portainer/portainer-ce:lts',
      project: null,
      service: null,
      labels: {},
      command: [],
      env: {},
      mounts: [
        { source: 'portainer_data', target: '/data' },
        { source: DOCKER_SOCKET, target: DOCKER_SOCKET },
      ],
      ports: [{ published: port, target: TLS_PORT }],
    });
    const database = readDatabase(root, state, container);
    if (database === null) throw new Error(`the Portainer of VM ${guest.id} did not start: ${container.log}`);
    database.users.push({ id: ADMINISTRATOR, name: server.user, password: hashOf(server.password), role: 1 });
    writeDatabase(root, state, container, database);
  });
}
