// A route through the proxy: which requests it matches, and where they go.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { JsonObject } from '../../model/json.ts';

export interface Route {
  /** Unique among routes from the same kind of source only. */
  readonly name: string;
  readonly rule: string;
  /** Null: the default of the proxy's version. */
  readonly ruleSyntax: 'v2' | null;
  /** Host names that the rule matches, in lower case. */
  readonly hosts: readonly string[];
  /** Null: by the length of the rule. */
  readonly priority: number | null;
  /** Null: the proxy's default. */
  readonly observability: JsonObject | null;
  /** In the order of application. `@file` names one in somebody else's file. */
  readonly middlewares: readonly string[];
  readonly backend: Backend | NamedService;
  /** Source of the route in messages: `stack qdrant`, `traefik_service of lxc/101`. */
  readonly source: string;
  readonly at: Diagnostic['at'];
  readonly position?: Diagnostic['position'];
}

export interface Backend {
  readonly scheme: 'http' | 'https' | 'h2c';
  readonly servers: readonly Server[];
  /** Expected certificate name of an `https` backend. */
  readonly serverName: string | null;
  /** Settings of the load balancer, under Traefik's names. */
  readonly settings: JsonObject;
  readonly preservePath: boolean;
  /** Weight of each server within its service; null: equal. */
  readonly weight: number | null;
  /** A transport of somebody else's file, as `NAME@file`; null: Phoenix's. */
  readonly transport: string | null;
  /** Middlewares of the service, whichever router uses it. */
  readonly middlewares: readonly string[];
}

export type Server = { readonly address: string; readonly port: number } | { readonly url: string };

/** A service that Phoenix does not declare: Traefik's own as `api@internal`, or one of another file as `NAME@file`. */
export interface NamedService {
  readonly named: string;
}

export function isNamed(backend: Backend | NamedService): backend is NamedService {
  return 'named' in backend;
}
