// A TLS proxy in front of an HTTP server, like one before a forge or an agent.

import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Issued } from './tls.ts';

export interface TlsProxy {
  /** `https://localhost:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

/** @param behind base URL of the HTTP server */
export async function startTlsProxy({ certificate, key }: Issued, behind: string): Promise<TlsProxy> {
  const server = createServer({ cert: certificate, key }, (incoming, response) => {
    const { method, headers, url = '/' } = incoming;
    const passed = request(new URL(url, behind), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.once('error', () => response.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
