// HTTP for the Git library: with timeouts, a limit on what it takes in, and a token that never reaches another server.

import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';

export interface HttpLimits {
  /** Until the answer begins, and between two parts of it, in milliseconds. */
  readonly silenceMs: number;
  /** Of one answer. A pack is held in memory while it is stored. */
  readonly maxBytes: number;
}

export const HTTP_LIMITS: HttpLimits = { silenceMs: 60_000, maxBytes: 1024 * 1024 * 1024 };

const MAX_REDIRECTS = 3;

/** The answer is read whole before it is handed on, so that one cut short is an error here and nowhere else. */
export function httpClient(limits: HttpLimits = HTTP_LIMITS): HttpClient {
  return { request: (request) => send(request, limits) };
}

async function send(request: GitHttpRequest, limits: HttpLimits): Promise<GitHttpResponse> {
  const body = request.body === undefined ? null : Buffer.concat(await collect(request.body));
  const abort = new AbortController();
  const silence = setTimeout(
    () => abort.abort(new Error(`the server was silent for ${limits.silenceMs / 1000} s`)),
    limits.silenceMs,
  );
  try {
    let url = request.url;
    for (let redirects = 0; ; redirects += 1) {
      const method = request.method ?? 'GET';
      const headers = request.headers ?? {};
      const answer = await fetch(url, { method, headers, body, redirect: 'manual', signal: abort.signal });
      const location = answer.headers.get('location');
      if (answer.status >= 300 && answer.status < 400 && location !== null) {
        await answer.body?.cancel();
        url = sameServer(url, location, redirects);
        continue;
      }
      const bytes = await readAll(answer, limits.maxBytes, () => silence.refresh());
      return {
        url,
        method,
        statusCode: answer.status,
        statusMessage: answer.statusText,
        headers: Object.fromEntries(answer.headers),
        body: parts(bytes),
      };
    }
  } finally {
    clearTimeout(silence);
  }
}

/** The new address, when it is on the same server: the request carries the token. */
function sameServer(from: string, location: string, redirects: number): string {
  const target = new URL(location, from);
  if (target.host !== new URL(from).host || target.protocol !== new URL(from).protocol) {
    const moved = target.href.replace(/\/(info\/refs|git-upload-pack)(\?.*)?$/, '');
    throw new Error(`the server sends on to ${moved}: set PHOENIX_REPO_URL to that address if it is right`);
  }
  if (redirects >= MAX_REDIRECTS) throw new Error('the server sends on from one address to the next without end');
  return target.href;
}

async function readAll(answer: Response, maxBytes: number, heard: () => void): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    heard();
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`the repository is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return chunks;
}

/** All parts of a body, as they came. */
export async function collect(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}

/** The same parts again, as the library takes them. */
export async function* parts(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
