// A way through the proxy: which requests it takes, and where they go.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { JsonObject } from '../../model/json.ts';

export interface Route {
  /** Of one kind of source each; the whole set need not be unique. */
  readonly name: string;
  readonly rule: string;
  /** Null: that of the proxy's own version. */
  readonly ruleSyntax: 'v2' | null;
  /** The names that the rule takes, in lower case. */
  readonly hosts: readonly string[];
  /** Null: the longer rule comes first. */
  readonly priority: number | null;
  /** Null: as the proxy is set up. */
  readonly observability: JsonObject | null;
  /** In the order in which they act. `@file` names one that others put beside ours. */
  readonly middlewares: readonly string[];
  readonly backend: Backend | NamedService;
  /** For sentences: `stack qdrant`, `traefik_service of lxc/101`. */
  readonly source: string;
  readonly at: Diagnostic['at'];
  readonly position?: Diagnostic['position'];
}

export interface Backend {
  readonly scheme: 'http' | 'https' | 'h2c';
  readonly servers: readonly Server[];
  /** What the certificate of an `https` backend is issued to. */
  readonly serverName: string | null;
  /** Of the load balancer, in Traefik's words. */
  readonly settings: JsonObject;
  readonly preservePath: boolean;
  /** Of each server among others of its service; null: all alike. */
  readonly weight: number | null;
  /** A transport of others, as `NAME@file`; null: ours. */
  readonly transport: string | null;
  /** On the way to the service, whichever router leads there. */
  readonly middlewares: readonly string[];
}

export type Server = { readonly address: string; readonly port: number } | { readonly url: string };

/** One that is there without us: Traefik's own as `api@internal`, or that of another file as `NAME@file`. */
export interface NamedService {
  readonly named: string;
}

export function isNamed(backend: Backend | NamedService): backend is NamedService {
  return 'named' in backend;
}
