// Where the environment's Portainer answers, and how it is asked: every call is one request as data, with its key by reference.

import type { Config, VmGuest } from '../../config/config.ts';
import { addressOf } from '../../config/derive/dns-records.ts';
import type { HttpRequest } from '../../model/action.ts';
import type { Json } from '../../model/json.ts';
import type { HttpAnswer } from '../../ports.ts';
import { certificatesSeenBy, primaryOf } from '../edges.ts';
import type { HostReader } from '../manager.ts';

/** Plain JSON, since it is part of specs. */
export type Service = {
  /** The VM that it runs on. */
  readonly vm: number;
  /** The name in its certificate; its address where it has none of the environment's. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Whether its certificate is one of the environment's. The server's own is signed by nobody. */
  readonly certified: boolean;
};

/** The key of Phoenix's own access, on the node: made once, shown nowhere. */
export const TOKEN_FILE = '/var/lib/phoenix/portainer/token';
/** The root that certificates of the environment are checked against: hypervisor/trust puts it there. */
const ROOT_FILE = '/usr/local/share/ca-certificates/phoenix-root.crt';
const PORT = 9443;

/** Null where no VM with a fixed address is to run it. */
export function serviceOf(config: Config): Service | null {
  const vm = primaryOf(config);
  const address = addressOf(vm ?? undefined);
  if (vm === null || address === null) return null;
  const certificate = certificateOf(config, vm);
  return {
    vm: vm.id,
    host: certificate?.commonName ?? address,
    address,
    port: vm.traefikService?.port ?? PORT,
    certified: certificate !== undefined,
  };
}

/** The certificate that the server shows: the first whose files its VM sees. */
export function certificateOf(config: Config, vm: VmGuest) {
  return certificatesSeenBy(config, vm)[0];
}

export interface Call extends Partial<Pick<HttpRequest, 'accept' | 'body' | 'expect' | 'keep' | 'timeoutSeconds'>> {
  /** The file with the key, how it is handed in, or none at all. Default: Phoenix's own key. */
  readonly by?: { readonly bearer: string } | 'nobody';
}

export function call(service: Service, method: HttpRequest['method'], path: string, more: Call = {}): HttpRequest {
  const { by, timeoutSeconds = 30, ...rest } = more;
  return {
    kind: 'http',
    method,
    url: `https://${service.host}:${service.port}/api${path}`,
    address: service.address,
    trust: service.certified ? { file: ROOT_FILE } : 'none',
    timeoutSeconds,
    ...(by === 'nobody' ? {} : { headers: keyOf(by) }),
    ...rest,
  };
}

function keyOf(by: { readonly bearer: string } | undefined): NonNullable<HttpRequest['headers']> {
  const secret = (file: string) => ({ from: 'secret', secret: { $secret: `file:${file}` } }) as const;
  if (by === undefined) return { 'X-API-Key': secret(TOKEN_FILE) };
  return { Authorization: { from: 'joined', parts: [{ from: 'text', text: 'Bearer ' }, secret(by.bearer)] } };
}

/** What Portainer says at a path; undefined when it does not answer as asked. */
export async function ask(
  host: HostReader,
  service: Service,
  path: string,
  more: Call = {},
): Promise<Json | undefined> {
  const answer = await host.request(call(service, 'GET', path, more));
  return answer.status === 200 ? jsonOf(answer) : undefined;
}

export function jsonOf({ body }: Pick<HttpAnswer, 'body'>): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

/** Whether it takes Phoenix's key; null when it does not answer at all. */
export async function takesKey(host: HostReader, service: Service): Promise<boolean | null> {
  if ((await host.readFile(TOKEN_FILE)) === undefined) return false;
  const { status } = await host.request(call(service, 'GET', '/users/me'));
  return status === null || status >= 500 ? null : status === 200;
}
