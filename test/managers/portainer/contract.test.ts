// The contract of managers, for the Portainer server and its environments.

import type { Manager } from '../../../src/managers/manager.ts';
import { readNote } from '../../../src/managers/portainer/environment/note.ts';
import { portainer } from '../../../src/managers/portainer/manager.ts';
import type { LabHost } from '../../support/host/lab-host.ts';
import { testContract } from '../contract.ts';
import { AGENT, declared, PASSWORD, PRIMARY, targetOf } from './configuration.ts';
import { changeDatabase, changeDocker, containersOf, databaseOf, dockerOf, openVms, prepared } from './environment.ts';

const SERVER = 'portainer/server';
const ENVIRONMENT = 'portainer/environment.docker host';
const NOTE = '/var/lib/phoenix/portainer/notes/environment.docker%20host.json';

async function server(host: LabHost): Promise<unknown> {
  const { users = [], keys = [] } = databaseOf(host) ?? {};
  return {
    containers: containersOf(host, PRIMARY),
    volumes: dockerOf(host, PRIMARY).volumes,
    users,
    keys: keys.map(({ user, description }) => ({ user, description })),
    token: (await host.readFile('/var/lib/phoenix/portainer/token'))?.length,
    session: await host.has('/var/lib/phoenix/portainer/session'),
    note: await host.readFile('/var/lib/phoenix/portainer/notes/server.json'),
  };
}

async function entry(host: LabHost): Promise<unknown> {
  const note = readNote(await host.readFile(NOTE));
  return {
    containers: containersOf(host, AGENT),
    endpoints: databaseOf(host)?.endpoints.map(({ Id: _, ...each }) => each),
    note: note === null ? null : { ...note, instance: '' },
  };
}

const foreign = {
  Id: 900,
  Name: 'docker host',
  URL: 'tcp://10.0.0.9:9001',
  Type: 2,
  Status: 1,
  PublicURL: '',
  GroupId: 1,
  TLSConfig: { TLS: true, TLSSkipVerify: true },
};

testContract(portainer as Manager, [
  {
    name: SERVER,
    open: () => openVms(),
    target: targetOf(declared(), SERVER),
    changed: targetOf(declared({ version: '2.43.0' }), SERVER),
    state: server,
    looks: 2,
    // A session always begins so.
    secrets: [PASSWORD, 'eyJhbGciOi'],
    foreign: {
      make: async (host) =>
        changeDocker(host, PRIMARY, ({ containers }) => {
          const one = { id: 'f00d', name: 'portainer_server', image: 'portainer/portainer-ce:2.20.0', command: [] };
          const rest = { labels: {}, mounts: [], ports: [], env: {}, configuration: '', started: 0, log: '' };
          containers.push({ ...one, ...rest, project: 'portainer', service: 'portainer', running: true });
        }),
      state: async (host) => containersOf(host, PRIMARY),
      refused: 'phoenix adopt portainer/server',
    },
  },
  {
    name: ENVIRONMENT,
    open: prepared(declared(), [SERVER]),
    target: targetOf(declared(), ENVIRONMENT),
    changed: targetOf(declared({ agentHostname: 'other', agentImage: 'portainer/agent:2.39.0' }), ENVIRONMENT),
    state: entry,
    looks: 2,
    foreign: {
      make: async (host) => changeDatabase(host, ({ endpoints }) => endpoints.push(foreign)),
      state: async (host) => databaseOf(host)?.endpoints,
      refused: 'an environment docker host that Phoenix did not make',
    },
  },
]);
