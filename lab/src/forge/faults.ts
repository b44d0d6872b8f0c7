// Faults that a test orders from the lab forge, in the order in which they are to happen.

import express, { type Request, type RequestHandler, type Response } from 'express';

type Fault =
  /** Any answer, for example 403 with `retry-after`. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly message?: string;
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Closes the connection without an answer. */
  | { readonly kind: 'drop' }
  /** Goes on as usual once the promise resolves, also when nobody waits for the answer any more, as a server does that read it all. */
  | { readonly kind: 'delay'; readonly until: Promise<void> };

export interface Faults {
  /** One fault for each of the next requests. */
  order(...faults: readonly Fault[]): void;
  /** A fault, or none, for each request from now on for which none was ordered. */
  decide(fault: (request: Request) => Fault | undefined): void;
  /** How many requests a delay holds up right now. */
  waiting(): number;
  /** Stands before the routes that can be disturbed. */
  readonly handler: RequestHandler;
}

const readBody = express.json();

export function openFaults(): Faults {
  const ordered: Fault[] = [];
  let waiting = 0;
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
      if (fault !== undefined && disturb(fault, request, response)) return;
      if (fault?.kind === 'delay') {
        waiting += 1;
        await new Promise((resolve) => readBody(request, response, resolve));
        await fault.until;
        waiting -= 1;
      }
      next();
    },
    waiting: () => waiting,
  };
}

/** Whether the request is over with it. */
function disturb(fault: Fault, request: Request, response: Response): boolean {
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
