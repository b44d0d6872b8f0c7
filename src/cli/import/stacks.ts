// Reads the stacks of a Portainer server with a user's token. Requests are sent from the node, which can reach the guests' network.

import { objectsIn } from '../../managers/portainer-api/call.ts';
import { type FoundStack, STACK_OF_COMPOSE } from '../../managers/stack/import.ts';
import type { HttpRequest } from '../../model/action.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { HttpAnswer } from '../../ports/host.ts';
import type { PortainerAccess } from '../../settings/portainer.ts';
import { Missing } from '../missing.ts';

interface Asker {
  request(request: HttpRequest): Promise<HttpAnswer>;
}

/** @throws Missing if the server does not respond or rejects the token */
export async function stacksOfPortainer(host: Asker, access: PortainerAccess): Promise<FoundStack[]> {
  const endpoints = new Map(
    objectsIn(await asked(host, access, '/endpoints')).map((one) => [Number(one['Id']), String(one['Name'] ?? '')]),
  );
  const stacks = objectsIn(await asked(host, access, '/stacks'));
  const found: FoundStack[] = [];
  for (const stack of stacks) {
    const type = Number(stack['Type']);
    found.push({
      name: String(stack['Name'] ?? ''),
      type,
      endpoint: endpoints.get(Number(stack['EndpointId'])) ?? `environment ${String(stack['EndpointId'])}`,
      variables: objectsIn(stack['Env'] ?? null).map(({ name, value }) => [String(name), String(value ?? '')]),
      file: type === STACK_OF_COMPOSE ? await fileOf(host, access, Number(stack['Id'])) : { failure: '' },
      followsGit: typeof stack['GitConfig'] === 'object' && stack['GitConfig'] !== null,
    });
  }
  return found.sort((a, b) => (`${a.name} ${a.endpoint}` < `${b.name} ${b.endpoint}` ? -1 : 1));
}

async function fileOf(host: Asker, access: PortainerAccess, id: number): Promise<FoundStack['file']> {
  const answer = await send(host, access, `/stacks/${id}/file`);
  const value = answer.status === 200 ? jsonOf(answer.body) : undefined;
  const text = (value as JsonObject | null | undefined)?.['StackFileContent'];
  if (typeof text === 'string' && text !== '') return { text };
  return { failure: `Portainer does not hand out its compose file (status ${answer.status ?? answer.message})` };
}

function send(host: Asker, { url, token }: PortainerAccess, path: string): Promise<HttpAnswer> {
  return host.request({
    kind: 'http',
    method: 'GET',
    url: `${url}/api${path}`,
    trust: 'system',
    headers: { 'X-API-Key': { from: 'text', text: token.expose() } },
    timeoutSeconds: 30,
  });
}

async function asked(host: Asker, access: PortainerAccess, path: string): Promise<Json> {
  const { status, headers, body, message } = await send(host, access, path);
  const { url } = access;
  if (status === null)
    throw new Missing(
      `Portainer does not answer at ${url}: ${message}`,
      'see to --portainer and that it runs: the Proxmox host asks it',
    );
  if (status === 401 || status === 403)
    throw new Missing(
      `Portainer at ${url} refuses the token (status ${status})`,
      'make one that may see every environment (My account, Access tokens, as an administrator), and give it as PHOENIX_PORTAINER_TOKEN or in the file of PHOENIX_PORTAINER_TOKEN_FILE',
    );
  if (status === 303 && headers['redirect-reason'] === 'AdminInitTimeout')
    throw new Missing(`Portainer at ${url} waits for nobody any more`, 'start it again, and make its administrator');
  const value = status === 200 ? jsonOf(body) : undefined;
  if (value !== undefined) return value;
  throw new Missing(
    `${url} answers as no Portainer does (status ${status} at /api${path})`,
    'give --portainer the address of its page, such as https://10.0.0.111:9443',
  );
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
