// HTTP for Git: with timeouts, a limit on what it takes in, and a token that never reaches another server.

import { TooLarge } from './errors.ts';

export interface HttpLimits {
  /** Until the answer begins, and between two parts of it, in milliseconds. */
  readonly silenceMs: number;
  /** Of one answer. */
  readonly maxBytes: number;
}

const MEGABYTE = 2 ** 20;
/** What is sent for one fetch at most, where PHOENIX_MAX_PACK_MB says nothing else. */
const MAX_PACK_MB = 200;

export const HTTP_LIMITS: HttpLimits = { silenceMs: 60_000, maxBytes: MAX_PACK_MB * MEGABYTE };

/** @param maxPackMb PHOENIX_MAX_PACK_MB */
export function limitsOf(maxPackMb: number): HttpLimits {
  return { ...HTTP_LIMITS, maxBytes: maxPackMb * MEGABYTE };
}

const MAX_REDIRECTS = 3;

export interface GitRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

export interface GitResponse {
  readonly status: number;
  /** Comes as it is read. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection where the body was not read to its end. To be called in any case. */
  close(): void;
}

export async function send(
  { url: first, method, headers, body }: GitRequest,
  limits: HttpLimits,
): Promise<GitResponse> {
  const abort = new AbortController();
  const silence = setTimeout(
    () => abort.abort(new Error(`the server was silent for ${limits.silenceMs / 1000} s`)),
    limits.silenceMs,
  );
  try {
    let url = first;
    for (let redirects = 0; ; redirects += 1) {
      const sent = { method, headers, body: body ?? null, redirect: 'manual', signal: abort.signal } as const;
      const answer = await fetch(url, sent);
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || location === null) {
        const close = () => {
          clearTimeout(silence);
          abort.abort();
        };
        return { status: answer.status, body: read(answer, limits.maxBytes, silence), close };
      }
      await answer.body?.cancel();
      url = sameServer(url, location, redirects);
    }
  } catch (error) {
    clearTimeout(silence);
    throw error;
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

async function* read(answer: Response, maxBytes: number, silence: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    silence.refresh();
    size += chunk.byteLength;
    if (size > maxBytes) throw new TooLarge(tooMuch(maxBytes));
    yield chunk;
  }
}

function tooMuch(maxBytes: number): string {
  const most = maxBytes < MEGABYTE ? `${maxBytes} bytes` : `${Math.round(maxBytes / MEGABYTE)} MB`;
  return (
    `the server sends more than ${most} for one fetch: raise PHOENIX_MAX_PACK_MB, keep large files out of the ` +
    'repository (git lfs), or keep the configuration in a repository of its own'
  );
}
