// Connections from a node to services in its network: every request uses one of these, so that it does not matter where Phoenix runs.

import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Opens a connection to an address or name in the node's network. Fails with an error with the system's `code`
 * (ECONNREFUSED, EHOSTUNREACH, ENOTFOUND, …) where nobody answers.
 */
export type Dial = (address: string, port: number, signal?: AbortSignal) => Promise<Duplex>;

/** Connects from this machine. */
export const dialTcp: Dial = (host, port, signal) => opened(connect({ host, port }), signal);

/** Connects through a proxy on a Unix socket that supports CONNECT, such as the network of a lab. */
export function dialThrough(socketPath: string): Dial {
  return async (address, port, signal) => {
    const socket = await opened(connect({ path: socketPath }), signal);
    const host = address.includes(':') ? `[${address}]` : address;
    socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    const head = await headOf(socket);
    const [, status = '', reason = ''] = /^HTTP\/1\.[01] (\d{3}) ?(.*)/.exec(head) ?? [];
    if (status === '200') return socket;
    socket.destroy();
    throw refusal(`connect to ${host}:${port}: ${reason === '' ? 'connection refused' : reason}`);
  };
}

/** An error like that of a system call. */
export function refusal(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: 'ECONNREFUSED' });
}

function opened(socket: Socket, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.destroy();
      reject(signal?.reason);
    };
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      signal?.removeEventListener('abort', abort);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** The proxy's response up to the empty line. What follows belongs to the service and stays in the socket. */
function headOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const lost = (): void => reject(refusal('the proxy closed the connection'));
    const read = (): void => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) continue;
        socket.off('readable', read).off('close', lost).off('error', reject);
        if (head.length > end + 4) socket.unshift(head.subarray(end + 4));
        resolve(head.toString('latin1', 0, end));
        return;
      }
    };
    socket.on('readable', read).once('close', lost).once('error', reject);
  });
}
