// Reads Portainer's list of environments.

import type { JsonObject } from '../../model/json.ts';
import type { HostReader } from '../manager.ts';
import { ask, objectsIn, type Said } from './call.ts';
import type { Service } from './service.ts';

export interface Endpoint {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  /** Whether Portainer reaches it. */
  readonly up: boolean;
}

/** Reads all of them, since there are never many; names are unique. */
export async function endpointsOf(host: HostReader, service: Service): Promise<Said | readonly Endpoint[]> {
  const said = await ask(host, service, '/endpoints?excludeSnapshots=true');
  return said.kind === 'said' ? objectsIn(said.value).map(endpointIn) : said;
}

function endpointIn(entry: JsonObject): Endpoint {
  return {
    id: Number(entry['Id']),
    name: String(entry['Name'] ?? ''),
    url: String(entry['URL'] ?? ''),
    up: entry['Status'] === 1,
  };
}

/** Why nothing can be done without Portainer's answer. */
export function noAnswerReason(said: Exclude<Said, { kind: 'said' }>): {
  readonly reason: string;
  readonly passing: boolean;
} {
  switch (said.kind) {
    case 'silent':
      return { reason: said.why, passing: true };
    case 'closed':
      return { reason: 'Portainer has no administrator yet; converge portainer/server first', passing: false };
    case 'refused':
      return {
        reason: "Portainer does not take Phoenix's key; converge portainer/server to make another",
        passing: false,
      };
    case 'missing':
      return { reason: 'what answers is no Portainer that Phoenix knows: it has no such path', passing: false };
  }
}
