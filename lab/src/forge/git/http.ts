// Git over HTTP with git's own programs, as `git http-backend` starts them.

import { dirname } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { Request, Response } from 'express';
import { startGit } from './launcher.ts';
import { gitEnvironment } from './repository.ts';

export interface GitHttpCall {
  /** The bare repository. */
  readonly folder: string;
  /** Below the repository's URL, for example `/info/refs`. */
  readonly path: string;
  /** User name given by the client. */
  readonly user: string;
  /** Owner of the requested fork, whose refs have their own namespace; null for the repository itself. */
  readonly namespace: string | null;
}

/** Handles the request; resolves once git has ended and the response is complete. */
export async function serveGit(request: Request, response: Response, call: GitHttpCall): Promise<void> {
  const pack = packOf(request, call.path);
  const env = {
    ...gitEnvironment(dirname(call.folder)),
    ...(call.namespace === null ? {} : { GIT_NAMESPACE: call.namespace }),
  };
  const child = startGit({
    cwd: call.folder,
    ...(pack === undefined ? asCgi(request, call, env) : asBackend(request, call, pack, env)),
  });
  // A disconnected client causes broken pipes; git's exit is awaited nevertheless.
  child.stdin.on('error', () => {});
  child.stdout.on('error', () => {});
  response.on('close', () => child.stdout.destroy());
  if (request.get('content-encoding') === 'gzip' && pack !== undefined) {
    const plain = createGunzip().on('error', () => child.stdin.end());
    request.pipe(plain).pipe(child.stdin);
  } else request.pipe(child.stdin);
  if (pack === undefined) sendCgiResponse(child.stdout, response);
  else {
    const what = pack.isList ? 'advertisement' : 'result';
    response.writeHead(200, { ...NEVER_CACHED, 'Content-Type': `application/x-git-${pack.program}-${what}` });
    if (pack.isList && !request.get('git-protocol')?.includes('version=2')) response.write(announced(pack.program));
    child.stdout.on('data', (chunk: Buffer) => response.write(chunk));
  }
  // A disconnected client needs no response.
  await child.ended.catch(() => {});
  response.end();
}

interface Pack {
  readonly program: 'upload-pack' | 'receive-pack';
  /** A request for the ref list, not for a pack. */
  readonly isList: boolean;
}

/** The common requests; undefined for others, which `http-backend` handles. */
function packOf(request: Request, path: string): Pack | undefined {
  const isList = request.method === 'GET' && path === '/info/refs';
  const [, program] =
    /^git-(upload-pack|receive-pack)$/.exec(isList ? String(request.query['service']) : path.slice(1)) ?? [];
  if (program !== 'upload-pack' && program !== 'receive-pack') return undefined;
  const isPack = request.method === 'POST' && request.get('content-type') === `application/x-git-${program}-request`;
  return isList || isPack ? { program, isList } : undefined;
}

/** Starts the program directly with the environment of `http-backend`, which saves three processes per request. */
function asBackend(request: Request, { user }: GitHttpCall, { program, isList }: Pack, env: Record<string, string>) {
  return {
    args: [program, isList ? '--http-backend-info-refs' : '--stateless-rpc', '.'],
    env: {
      ...env,
      GIT_PROTOCOL: request.get('git-protocol') ?? '',
      GIT_COMMITTER_NAME: user,
      GIT_COMMITTER_EMAIL: `${user}@http.${request.socket.remoteAddress ?? ''}`,
    },
  };
}

const NEVER_CACHED = {
  Expires: 'Fri, 01 Jan 1980 00:00:00 GMT',
  Pragma: 'no-cache',
  'Cache-Control': 'no-cache, max-age=0, must-revalidate',
};

/** The service announcement before a ref list. */
function announced(program: string): string {
  const line = `# service=git-${program}\n`;
  return `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`;
}

function asCgi(request: Request, call: GitHttpCall, env: Record<string, string>) {
  return {
    args: ['http-backend'],
    env: {
      ...env,
      GIT_PROJECT_ROOT: call.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: call.path,
      QUERY_STRING: new URL(request.originalUrl, 'http://forge').search.slice(1),
      REQUEST_METHOD: request.method,
      REMOTE_USER: call.user,
      REMOTE_ADDR: request.socket.remoteAddress ?? '',
      CONTENT_TYPE: request.get('content-type') ?? '',
      CONTENT_LENGTH: request.get('content-length') ?? '',
      HTTP_CONTENT_ENCODING: request.get('content-encoding') ?? '',
      HTTP_GIT_PROTOCOL: request.get('git-protocol') ?? '',
    },
  };
}

/** Converts a CGI response: headers, including the status as a field, then the body. */
function sendCgiResponse(output: NodeJS.ReadableStream, response: Response): void {
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
