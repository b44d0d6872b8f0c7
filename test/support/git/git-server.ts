// A Git server for a folder: the real `git upload-pack`, with faults and changes by the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GitServer {
  readonly url: string;
  /** Bodies of requests for objects. */
  readonly asked: string[];
  close(): Promise<void>;
}

export interface GitServerOptions {
  /** Configuration of `git`, as `-c name=value`. */
  readonly config?: readonly string[];
  /** Called before each request. */
  readonly before?: (isList: boolean) => Promise<void> | void;
  /** Changes the request body. */
  readonly asks?: (body: string) => string;
  /** Changes the response. */
  readonly answer?: (bytes: Buffer, isList: boolean) => Buffer;
  /** Number of bytes of an object response after which the connection is closed; absent: never. */
  readonly cutAfter?: () => number | undefined;
}

/** Closes the connection after `limit` bytes. */
function sendUpTo(response: ServerResponse, bytes: Buffer, limit: number | undefined): void {
  if (limit === undefined || limit >= bytes.length) response.end(bytes);
  else response.write(bytes.subarray(0, limit), () => response.destroy());
}

/** Serves only commits that refs point to, unless `config` allows others. */
export async function serveRepository(
  repository: string,
  { config = [], before, asks, answer, cutAfter }: GitServerOptions = {},
): Promise<GitServer> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const isList = request.url?.includes('/info/refs') ?? false;
    const body = Buffer.concat(await request.toArray()).toString('latin1');
    if (!isList) asked.push(body);
    await before?.(isList);
    const settings = config.flatMap((each) => ['-c', each]);
    const args = [...settings, 'upload-pack', '--stateless-rpc', ...(isList ? ['--advertise-refs'] : []), repository];
    const git = spawn('git', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    git.stdin.on('error', () => {});
    git.stdin.end(asks === undefined || isList ? body : asks(body));
    response.setHeader('content-type', `application/x-git-upload-pack-${isList ? 'advertisement' : 'result'}`);
    if (isList) response.write('001e# service=git-upload-pack\n0000');
    const limit = isList ? undefined : cutAfter?.();
    if (answer === undefined && limit === undefined) {
      git.stdout.pipe(response);
      return;
    }
    const bytes = Buffer.concat(await git.stdout.toArray());
    sendUpTo(response, answer?.(bytes, isList) ?? bytes, limit);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/config.git`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
