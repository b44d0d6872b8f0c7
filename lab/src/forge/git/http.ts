// Git over HTTP by git's own CGI program, `git http-backend`: what clients speak to is the real thing.

import { dirname } from 'node:path';
import type { Request, Response } from 'express';
import { startGit } from './launcher.ts';
import { gitEnvironment } from './repository.ts';

export interface GitHttpCall {
  /** The bare repository. */
  readonly folder: string;
  /** Below the repository's URL, for example `/info/refs`. */
  readonly path: string;
  /** Who the client says it is. */
  readonly user: string;
  /** Owner of the fork that is asked for, whose refs have a namespace of their own; null for the repository itself. */
  readonly namespace: string | null;
}

/** Answers the request; resolves once git has ended and the answer is complete. */
export async function serveGit(request: Request, response: Response, call: GitHttpCall): Promise<void> {
  const query = new URL(request.originalUrl, 'http://forge').search.slice(1);
  const child = startGit({
    args: ['http-backend'],
    cwd: call.folder,
    env: {
      ...gitEnvironment(dirname(call.folder)),
      GIT_PROJECT_ROOT: call.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: call.path,
      ...(call.namespace === null ? {} : { GIT_NAMESPACE: call.namespace }),
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      REMOTE_USER: call.user,
      REMOTE_ADDR: request.socket.remoteAddress ?? '',
      CONTENT_TYPE: request.get('content-type') ?? '',
      CONTENT_LENGTH: request.get('content-length') ?? '',
      HTTP_CONTENT_ENCODING: request.get('content-encoding') ?? '',
      HTTP_GIT_PROTOCOL: request.get('git-protocol') ?? '',
    },
  });
  // A client that goes away leaves git with a broken pipe on both sides; its end is awaited all the same.
  child.stdin.on('error', () => {});
  child.stdout.on('error', () => {});
  response.on('close', () => child.stdout.destroy());
  request.pipe(child.stdin);
  passOn(child.stdout, response);
  // Whoever has gone away needs no answer.
  await child.ended.catch(() => {});
  response.end();
}

/** A CGI answer is a header like that of HTTP, with the status as a field, and then the body. */
function passOn(output: NodeJS.ReadableStream, response: Response): void {
  let header: Buffer | undefined = Buffer.alloc(0);
  output.on('data', (chunk: Buffer) => {
    if (header === undefined) {
      response.write(chunk);
      return;
    }
    header = Buffer.concat([header, chunk]);
    const end = header.indexOf('\r\n\r\n');
    if (end < 0) return;
    for (const line of header.subarray(0, end).toString('latin1').split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*(.*)/s, 2);
      if (name.toLowerCase() === 'status') response.status(Number.parseInt(value, 10));
      else response.append(name, value);
    }
    response.write(header.subarray(end + 4));
    header = undefined;
  });
}
