// A small process that starts git on behalf of a large one. The argument is the socket to listen on. Ends when its standard input is closed.

import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CALL_HEADER, EXIT_TRAILER, type GitCall, STDERR_TRAILER } from './launcher-protocol.ts';

const MAX_ERROR = 4_096;

process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
// Keep-alive connections are never closed, since a request sent at that moment would be lost.
createServer({ keepAliveTimeout: 0 }, serve).listen(process.argv[2], () => process.stdout.write('ready\n'));

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { args, cwd, env } = JSON.parse(
    Buffer.from(String(request.headers[CALL_HEADER]), 'base64url').toString(),
  ) as GitCall;
  const child = spawn('git', args, { cwd, env });
  let stderr = Buffer.alloc(0);
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-MAX_ERROR);
  });
  // The client may disconnect, and git may exit before reading all input.
  child.stdin.on('error', () => {});
  response.on('close', () => {
    if (!response.writableFinished) child.kill();
  });
  request.pipe(child.stdin);
  response.writeHead(200, { trailer: `${EXIT_TRAILER}, ${STDERR_TRAILER}` });
  child.stdout.pipe(response, { end: false });
  const end = (exit: number | null, error: string) => {
    response.addTrailers({
      [EXIT_TRAILER]: exit === null ? '' : String(exit),
      [STDERR_TRAILER]: Buffer.from(error).toString('base64url'),
    });
    response.end();
  };
  child.once('error', (error) => end(null, error.message));
  child.once('close', (exit) => end(exit, stderr.toString()));
}
