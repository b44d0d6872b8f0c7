// The environment API of a Portainer server.

import type { EndpointEntry } from '../../guest/docker/portainer.ts';
import { reach } from './agent.ts';
import type { Answer, Handlers, Work } from './handler.ts';
import { PortainerRefusal } from './refusal.ts';

const SOCKET = '/var/run/docker.sock';
const LOCAL = { creation: '1', type: 1 } as const;
const AGENT = { creation: '2', type: 2 } as const;

export const ENDPOINTS: Handlers = {
  'get /endpoints': ({ database, query }) => {
    const name = query.get('name');
    return { status: 200, body: database.endpoints.filter((each) => name === null || each.Name === name) };
  },
  'post /endpoints': create,
  'get /endpoints/{id}': (work) => ({ status: 200, body: endpointOf(work, work.operation.params['id']) }),
  'put /endpoints/{id}': (work) => {
    const endpoint = endpointOf(work, work.operation.params['id']);
    const { name, url } = work.fields as { name?: string; url?: string };
    if (name !== undefined && name !== endpoint.Name) endpoint.Name = uniqueName(work, name);
    if (url !== undefined) endpoint.URL = url;
    return { status: 200, body: endpoint };
  },
  'delete /endpoints/{id}': (work) => {
    const endpoint = endpointOf(work, work.operation.params['id']);
    work.database.endpoints = work.database.endpoints.filter((each) => each !== endpoint);
    return { status: 204 };
  },
  'post /endpoints/{id}/snapshot': async (work) => {
    const endpoint = endpointOf(work, work.operation.params['id']);
    try {
      await reach(work.peer, endpoint.URL, work.signing);
      endpoint.Status = 1;
    } catch (error) {
      endpoint.Status = 2;
      const details = error instanceof PortainerRefusal ? error.details : String(error);
      return { status: 500, body: { message: 'Unable to create snapshot', details } };
    }
    return { status: 204 };
  },
};

/** Stores the environment only after a successful ping. */
async function create(work: Work): Promise<Answer> {
  const { fields, database, peer, container } = work;
  const text = (name: string): string => String(fields[name.toLowerCase()] ?? '');
  const name = text('Name');
  if (name === '') throw new PortainerRefusal(400, 'Invalid request payload', 'invalid environment name');
  const creation = text('EndpointCreationType');
  if (creation !== LOCAL.creation && creation !== AGENT.creation) {
    throw new PortainerRefusal(400, 'Invalid request payload', `the lab makes no environment of type ${creation}`);
  }
  const isAgent = creation === AGENT.creation;
  const tls = ['TLS', 'TLSSkipVerify', 'TLSSkipClientVerify'].every((flag) => text(flag) === 'true');
  if (isAgent && !tls) throw new PortainerRefusal(400, 'Invalid request payload', 'Invalid certificate file');
  const url = isAgent ? text('URL') : text('URL') || `unix://${SOCKET}`;
  if (isAgent && !/^tcp:\/\/[^/]+:\d+$/.test(url))
    throw new PortainerRefusal(400, 'Invalid request payload', 'Invalid URL');
  if (!isAgent && !container.mounts.some(({ source }) => source === SOCKET)) {
    throw new PortainerRefusal(500, 'Unable to initiate communications with environment', `no ${SOCKET}`);
  }
  uniqueName(work, name);
  await reach(peer, url, work.signing);
  const endpoint: EndpointEntry = {
    Id: database.next,
    Name: name,
    URL: url,
    Type: isAgent ? AGENT.type : LOCAL.type,
    Status: 1,
    PublicURL: text('PublicURL'),
    GroupId: Number(text('GroupID') || '1'),
    TLSConfig: { TLS: isAgent, TLSSkipVerify: isAgent },
  };
  database.next += 1;
  database.endpoints.push(endpoint);
  return { status: 200, body: endpoint };
}

/** Compares case-sensitively. */
function uniqueName({ database }: Work, name: string): string {
  if (database.endpoints.some((each) => each.Name === name)) throw new PortainerRefusal(409, 'Name is not unique');
  return name;
}

export function endpointOf({ database }: Work, id: string | null | undefined): EndpointEntry {
  const found = database.endpoints.find((each) => each.Id === Number(id));
  if (found === undefined) {
    throw new PortainerRefusal(404, 'Unable to find an environment with the specified identifier inside the database');
  }
  return found;
}
