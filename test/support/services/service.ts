// A web service on this machine that records its requests.

import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Issued } from './tls.ts';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestService {
  readonly port: number;
  readonly received: Received[];
  close(): Promise<void>;
}

/** `/echo` returns the request body, `/redirect` redirects, `/silence` never responds; everything else is `{"ok":true}`. */
export async function openService({ certificate, key }: Issued): Promise<TestService> {
  const received: Received[] = [];
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const { method, url, headers } = request;
    received.push({ method, url, headers, body });
    if (url === '/silence') return;
    if (url === '/redirect') response.writeHead(303, { location: '/status' });
    else response.writeHead(200, { 'content-type': 'application/json' });
    response.end(url === '/echo' ? body : '{"ok":true}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
