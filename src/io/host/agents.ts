// Node HTTP agents that use a dialled connection, for requests and for libraries that accept an agent.

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import type { Dial } from './dial.ts';

export interface AgentOptions {
  readonly dial: Dial;
  /** Address to connect to, whatever the URL's host. */
  readonly address?: string | undefined;
  /** Trusted certificates as PEM; undefined: Node's defaults. */
  readonly ca?: string | string[] | undefined;
  /** Whether to verify the server's certificate. */
  readonly verify: boolean;
  readonly signal?: AbortSignal | undefined;
}

interface Target {
  readonly host?: string | null | undefined;
  readonly port?: string | number | null | undefined;
}
type Done = (error: Error | null, socket: Duplex) => void;

/** Each connection serves one request. */
export function httpAgent({ dial, address, signal }: AgentOptions): HttpAgent {
  const agent = new HttpAgent({ keepAlive: false });
  agent.createConnection = (target: Target, done?: Done) => {
    answer(dial(address ?? hostOf(target), Number(target.port ?? 80), signal), done);
    return undefined;
  };
  return agent;
}

/** Server name and verification use the URL's host. */
export function httpsAgent({ dial, address, ca, verify, signal }: AgentOptions): HttpsAgent {
  const agent = new HttpsAgent({ keepAlive: false });
  agent.createConnection = (target: Target, done?: Done) => {
    const host = hostOf(target);
    const secured = dial(address ?? host, Number(target.port ?? 443), signal).then((socket) =>
      secure(socket, { host, ca, verify, signal }),
    );
    answer(secured, done);
    return undefined;
  };
  return agent;
}

function hostOf({ host }: Target): string {
  return (host ?? '').replace(/^\[(.*)\]$/, '$1');
}

function answer(connection: Promise<Duplex>, done: Done | undefined): void {
  connection.then(
    (socket) => done?.(null, socket),
    (error: Error) => done?.(error, undefined as never),
  );
}

function secure(
  socket: Duplex,
  { host, ca, verify, signal }: Pick<AgentOptions, 'ca' | 'verify' | 'signal'> & { readonly host: string },
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = connect({
      socket,
      // The name that is verified; SNI does not allow an address.
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: verify,
      ALPNProtocols: ['http/1.1'],
    });
    signal?.addEventListener('abort', () => secured.destroy(signal.reason), { once: true });
    secured.once('error', reject);
    secured.once('secureConnect', () => {
      secured.off('error', reject);
      resolve(secured);
    });
  });
}
