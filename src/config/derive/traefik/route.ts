// A way through the proxy: which requests it takes, and where they go.

import type { JsonObject } from '../../../model/json.ts';
import type { Place } from '../../config.ts';

export interface Route {
  /** Of one kind of source each; the whole set need not be unique. */
  readonly name: string;
  readonly rule: string;
  /** The names that the rule takes, in lower case. */
  readonly hosts: readonly string[];
  /** Null: the longer rule comes first. */
  readonly priority: number | null;
  /** Null: as the proxy is set up. */
  readonly observability: JsonObject | null;
  /** In the order in which they act. `@file` names one that others put beside ours. */
  readonly middlewares: readonly string[];
  readonly backend: Backend;
  /** For sentences: `stack qdrant`, `traefik_service of lxc/101`. */
  readonly source: string;
  readonly at: Place;
}

export interface Backend {
  readonly scheme: 'http' | 'https' | 'h2c';
  readonly servers: readonly { readonly address: string; readonly port: number }[];
  /** What the certificate of an `https` backend is issued to. */
  readonly serverName: string | null;
  /** Of the load balancer, in Traefik's words. */
  readonly settings: JsonObject;
  readonly preservePath: boolean;
}
