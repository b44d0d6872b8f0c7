// Builds requests to Portainer: every call is one request as data, with its key by reference. Headers that a browser would send are left out (no
// cookie, no origin), so that Portainer's CSRF protection does not apply.

import type { HttpRequest } from '../../model/action.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { HttpAnswer } from '../../ports/host.ts';
import type { HostReader } from '../manager.ts';
import { ROOT_ON_NODE } from '../trusted-root.ts';
import { type Service, TOKEN_FILE } from './service.ts';

export interface Call extends Partial<Pick<HttpRequest, 'accept' | 'body' | 'expect' | 'keep' | 'timeoutSeconds'>> {
  /** The file with the session token, or no credentials. Default: Phoenix's API key. */
  readonly by?: { readonly bearer: string } | 'nobody';
  /** Further headers, without secrets. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param path below `/api` */
export function call(service: Service, method: HttpRequest['method'], path: string, more: Call = {}): HttpRequest {
  const { by, headers = {}, timeoutSeconds = 30, ...rest } = more;
  const all = { ...headers, ...(by === 'nobody' ? {} : keyOf(by)) };
  return {
    kind: 'http',
    method,
    url: `${urlOf(service)}/api${path}`,
    address: service.address,
    trust: service.certified ? { file: ROOT_ON_NODE } : 'none',
    timeoutSeconds,
    ...(Object.keys(all).length === 0 ? {} : { headers: all }),
    ...rest,
  };
}

export function urlOf({ host, port }: Service): string {
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function keyOf(by: { readonly bearer: string } | undefined): NonNullable<HttpRequest['headers']> {
  const secret = (path: string) => ({ from: 'kept', path }) as const;
  if (by === undefined) return { 'X-API-Key': secret(TOKEN_FILE) };
  return { Authorization: { from: 'joined', parts: [{ from: 'text', text: 'Bearer ' }, secret(by.bearer)] } };
}

export type Said =
  | { readonly kind: 'said'; readonly value: Json }
  /** The key is missing or not accepted. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'missing' }
  /** Portainer waited too long for its first administrator and refuses everything until it is restarted. */
  | { readonly kind: 'closed' }
  /** No answer, or an internal error of Portainer; `why` is a sentence. */
  | { readonly kind: 'silent'; readonly why: string };

/** Reads a path of Portainer's API. */
export async function ask(host: HostReader, service: Service, path: string, more: Call = {}): Promise<Said> {
  if (more.by === undefined && (await host.readFile(TOKEN_FILE)) === undefined) return { kind: 'refused' };
  return read(await host.request(call(service, 'GET', path, more)), service);
}

function read({ status, headers, body, message }: HttpAnswer, service: Service): Said {
  if (status === 303 && headers['redirect-reason'] === 'AdminInitTimeout') return { kind: 'closed' };
  if (status === 401 || status === 403) return { kind: 'refused' };
  if (status === 404) return { kind: 'missing' };
  if (status === 204) return { kind: 'said', value: null };
  const value = status === 200 ? jsonOf(body) : undefined;
  if (value !== undefined) return { kind: 'said', value };
  const told = status === null ? message : `status ${status} ${body.slice(0, 200)}`.trim();
  return { kind: 'silent', why: `Portainer does not answer at ${urlOf(service)}: ${told}` };
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The objects of a list; empty where the value is no list, since Portainer sends null for an empty one. */
export function objectsIn(value: Json): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each): each is JsonObject => typeof each === 'object' && each !== null && !Array.isArray(each));
}
