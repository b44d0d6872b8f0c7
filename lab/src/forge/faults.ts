// Faults that tests inject into the lab forge, in order.

import express, { type Request, type RequestHandler, type Response } from 'express';

type Fault =
  /** A fixed response, for example 403 with `retry-after`. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly message?: string;
    }
  /** Never responds. */
  | { readonly kind: 'hang' }
  /** Closes the connection without a response. */
  | { readonly kind: 'drop' }
  /** Continues normally once the promise resolves, even if the client is gone, like a server that has read the request. */
  | { readonly kind: 'delay'; readonly until: Promise<void> };

export interface Faults {
  /** One fault for each of the following requests. */
  order(...faults: readonly Fault[]): void;
  /** Decides the fault, or none, of each further request without an injected one. */
  decide(fault: (request: Request) => Fault | undefined): void;
  /** Number of currently delayed requests. */
  waiting(): number;
  /** Number of requests so far that are never answered. */
  hanging(): number;
  /** Middleware before the affected routes. */
  readonly handler: RequestHandler;
}

const readBody = express.json();

export function openFaults(): Faults {
  const ordered: Fault[] = [];
  let waiting = 0;
  let hanging = 0;
  let decide: (request: Request) => Fault | undefined = () => undefined;
  return {
    decide(decided) {
      decide = decided;
    },
    order(...faults) {
      ordered.push(...faults);
    },
    async handler(request, response, next) {
      const fault = ordered.shift() ?? decide(request);
      if (fault?.kind === 'hang') hanging += 1;
      if (fault !== undefined && applyFault(fault, request, response)) return;
      if (fault?.kind === 'delay') {
        waiting += 1;
        await new Promise((resolve) => readBody(request, response, resolve));
        await fault.until;
        waiting -= 1;
      }
      next();
    },
    waiting: () => waiting,
    hanging: () => hanging,
  };
}

/** Returns whether the request is finished. */
function applyFault(fault: Fault, request: Request, response: Response): boolean {
  switch (fault.kind) {
    case 'answer':
      response.status(fault.status).set(fault.headers ?? {});
      response.json({ message: fault.message ?? `ordered: HTTP ${fault.status}` });
      return true;
    case 'hang':
      return true;
    case 'drop':
      request.socket.destroy();
      return true;
    case 'delay':
      return false;
    default:
      return fault satisfies never;
  }
}
