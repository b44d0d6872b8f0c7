// The network of a lab: a connection to an address reaches the simulated service of the machine that has it. Other processes use it through a socket
// in the lab's folder.

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { engineFor } from '../engine/engine.ts';
import { openNode } from '../proxmox/node.ts';
import { SERVICES } from '../services/index.ts';
import type { LabService, Peer } from '../services/service.ts';
import { machineAt } from './machines.ts';
import { addressOf } from './names.ts';

export interface LabNetwork {
  /** Fails with ECONNREFUSED, EHOSTUNREACH or ENOTFOUND, as on a real system. */
  dial(address: string, port: number): Promise<Duplex>;
  close(): Promise<void>;
}

/** The node's own address, the source of its connections. */
const NODE = '10.0.0.13';

/** The network for use within this process. */
export function labNetwork(dir: string): LabNetwork {
  const node = openNode(resolve(dir));
  const services: LabService[] = SERVICES.map((open) => open());

  async function dial(name: string, port: number, from = NODE): Promise<Duplex> {
    const address = addressOf(node, name);
    if (address === undefined) throw failure('ENOTFOUND', `${name} has no address`);
    const guest = machineAt(node, address);
    if (guest === undefined) throw failure('EHOSTUNREACH', `no route to ${name}: no machine with this address runs`);
    const engine = guest?.kind === 'lxc' ? engineFor(node, guest.id) : null;
    if (engine !== null) return engine.dial(address, port);
    const connect = (to: string, at: number): Promise<Duplex> => dial(to, at, address);
    const peer: Peer = { node, guest, address, port, from, connect };
    const service = services.find((each) => each.listens(peer));
    if (service === undefined) throw failure('ECONNREFUSED', `connection to ${name}:${port} refused`);
    const [near, far] = duplexPair();
    service.serve(peer, far);
    return near;
  }

  return {
    dial: (name, port) => dial(name, port),
    close: async () => void (await Promise.all(services.map((service) => service.close()))),
  };
}

/** Path of the network's socket. Socket paths are limited to about a hundred characters. */
export function networkSocket(dir: string): string {
  const path = join(resolve(dir), 'run/network.sock');
  if (path.length < 100) return path;
  return join(tmpdir(), `phoenix-lab-${createHash('sha256').update(path).digest('hex').slice(0, 24)}.sock`);
}

/** Opens a lab's network to other processes until it is closed; no effect if another process has opened it. */
export async function startLabNetwork(dir: string): Promise<{ close(): Promise<void> }> {
  const path = networkSocket(dir);
  if (await answers(path)) return { close: async () => {} };
  const network = labNetwork(dir);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(network, socket);
  });
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(path, done);
  });
  // The server must not keep the process alive.
  server.unref();
  return {
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
      await network.close();
    },
  };
}

/** Reads one request `CONNECT address:port`, then relays in both directions. */
function serve(network: LabNetwork, socket: Socket): void {
  let head = '';
  const read = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    socket.off('data', read).pause();
    const [, address = '', port = ''] = /^CONNECT \[?([^\s\]]+?)\]?:(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    network.dial(address, Number(port)).then(
      (service) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        service.on('error', () => socket.destroy());
        service.once('close', () => socket.end());
        socket.once('close', () => service.destroy());
        service.pipe(socket);
        socket.pipe(service);
      },
      (error: Error) => socket.end(`HTTP/1.1 502 ${error.message.replaceAll(/[\r\n]/g, ' ')}\r\n\r\n`),
    );
  };
  socket.on('data', read);
}

function answers(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect({ path });
    socket.once('error', () => settle(false));
    socket.once('connect', () => {
      socket.destroy();
      settle(true);
    });
  });
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
