// The small process that starts git for a large one: told by its argument where to listen. It ends when its standard input does.

import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ASKED, type Asked, EXIT, STDERR } from './launcher-words.ts';

const LONGEST_ERROR = 4_096;

process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
// A connection that waits for the next request is never closed: whoever sends one at that moment would lose it.
createServer({ keepAliveTimeout: 0 }, serve).listen(process.argv[2], () => process.stdout.write('ready\n'));

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { args, cwd, env } = JSON.parse(Buffer.from(String(request.headers[ASKED]), 'base64url').toString()) as Asked;
  const child = spawn('git', args, { cwd, env });
  let stderr = Buffer.alloc(0);
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-LONGEST_ERROR);
  });
  // Whoever asked may go away, and git may end before it has read everything.
  child.stdin.on('error', () => {});
  response.on('close', () => {
    if (!response.writableFinished) child.kill();
  });
  request.pipe(child.stdin);
  response.writeHead(200, { trailer: `${EXIT}, ${STDERR}` });
  child.stdout.pipe(response, { end: false });
  const end = (exit: number | null, error: string) => {
    response.addTrailers({
      [EXIT]: exit === null ? '' : String(exit),
      [STDERR]: Buffer.from(error).toString('base64url'),
    });
    response.end();
  };
  child.once('error', (error) => end(null, error.message));
  child.once('close', (exit) => end(exit, stderr.toString()));
}
