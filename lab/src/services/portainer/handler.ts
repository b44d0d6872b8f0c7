// What a handler of Portainer's API gets, and what it answers.

import type { IncomingHttpHeaders } from 'node:http';
import type { Database } from '../../guest/docker/portainer.ts';
import type { Container } from '../../guest/docker/state.ts';
import type { Peer } from '../service.ts';
import type { Caller } from './access.ts';
import type { Signing } from './agent.ts';
import type { Fields, Operation } from './description.ts';

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The context of a handler. */
export interface Work {
  readonly peer: Peer;
  readonly container: Container;
  readonly signing: Signing;
  readonly version: string;
  readonly database: Database;
  readonly operation: Operation;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly fields: Fields;
  /** Null only for operations without authentication. */
  readonly caller: Caller | null;
}

export type Handlers = Readonly<Record<string, (work: Work) => Answer | Promise<Answer>>>;
