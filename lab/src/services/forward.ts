// Passing a request on to another machine of the lab's network, as a proxy does.

import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Peer } from './service.ts';

export interface Onward {
  readonly scheme: 'http' | 'https';
  readonly address: string;
  readonly port: number;
  readonly headers: OutgoingHttpHeaders;
}

/** Nobody there is answered with 502. */
export async function forward(
  peer: Peer,
  onward: Onward,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { scheme, address, port, headers } = onward;
  try {
    const plain = await peer.connect(address, port);
    // Whether the certificate leads to the authority is for the real proxies; here it is encrypted and no more.
    const socket =
      scheme === 'http' ? plain : new TLSSocket(plain as never, { isServer: false, rejectUnauthorized: false });
    const onwardRequest = httpRequest(
      { method: request.method ?? 'GET', path: request.url ?? '/', headers, createConnection: () => socket },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onwardRequest.once('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    request.pipe(onwardRequest);
  } catch {
    response.writeHead(502).end();
  }
}
