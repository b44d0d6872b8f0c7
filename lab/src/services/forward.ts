// Forwards a request to another machine of the lab's network, as a proxy does.

import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Peer } from './service.ts';

export interface Onward {
  readonly scheme: 'http' | 'https';
  readonly address: string;
  readonly port: number;
  readonly headers: OutgoingHttpHeaders;
}

/** Responds 502 if the machine cannot be reached. */
export async function forward(
  peer: Peer,
  onward: Onward,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { scheme, address, port, headers } = onward;
  try {
    const plain = await peer.connect(address, port);
    // The certificate is not verified here: the real proxies are tested for that.
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
