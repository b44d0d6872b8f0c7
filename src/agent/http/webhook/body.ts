// The raw bytes of a request, with caps that hold before the bytes are in memory.

import type { IncomingMessage } from 'node:http';

/** `busy`: other bodies fill the memory set aside. `aborted`: the sender went away. */
type Unread = 'too large' | 'busy' | 'aborted';

export type ReadBody = (request: IncomingMessage) => Promise<Buffer | Unread>;

/**
 * What is left of a body that was given up is not kept: Node discards it once the answer is sent.
 *
 * @param limit of one body, in bytes: checked against the announced length, then while it streams
 * @param total of all bodies being read at one time, in bytes, so that many large ones cannot use up the memory
 */
export function bodyReader(limit: number, total: number): ReadBody {
  let held = 0;
  return (request) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve('too large');
    return new Promise((resolve) => {
      let chunks: Buffer[] = [];
      let size = 0;
      let open = true;
      const end = (result: Buffer | Unread) => {
        if (!open) return;
        open = false;
        held -= size;
        chunks = [];
        resolve(result);
      };
      request.on('data', (chunk: Buffer) => {
        if (!open) return;
        size += chunk.length;
        held += chunk.length;
        chunks.push(chunk);
        if (size > limit) end('too large');
        else if (held > total) end('busy');
      });
      request.on('end', () => end(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
      request.on('close', () => end('aborted'));
      request.on('error', () => end('aborted'));
    });
  };
}
