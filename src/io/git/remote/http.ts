// HTTP for the Git library: with timeouts, a size limit, and a token that never reaches another server.

import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import { TooLarge, Unreachable } from '../errors.ts';
import { unbroken } from './unbroken.ts';

export interface HttpLimits {
  /** Maximum time until the response starts, and between two chunks, in milliseconds. */
  readonly silenceMs: number;
  /** Maximum size of one response. A pack is in memory several times while it is stored. */
  readonly maxBytes: number;
}

const MEGABYTE = 2 ** 20;
/** Default of PHOENIX_MAX_PACK_MB: maximum size of one fetch. */
const MAX_PACK_MB = 100;

export const HTTP_LIMITS: HttpLimits = { silenceMs: 60_000, maxBytes: MAX_PACK_MB * MEGABYTE };

/** @param maxPackMb PHOENIX_MAX_PACK_MB */
export function limitsOf(maxPackMb: number): HttpLimits {
  return { ...HTTP_LIMITS, maxBytes: maxPackMb * MEGABYTE };
}

const MAX_REDIRECTS = 3;
/** Maximum size of a list of refs, in bytes. */
const MAX_REFS_BYTES = 64 * MEGABYTE;

export function httpClient(limits: HttpLimits): HttpClient {
  return { request: (request) => send(request, limits) };
}

async function send(request: GitHttpRequest, limits: HttpLimits): Promise<GitHttpResponse> {
  const { method = 'GET', headers = {} } = request;
  const sent = request.body === undefined ? null : Buffer.concat(await collect(request.body));
  const abort = new AbortController();
  const silence = setTimeout(
    () => abort.abort(new Error(`the server was silent for ${limits.silenceMs / 1000} s`)),
    limits.silenceMs,
  );
  const { url, answer } = await follow(request.url, { method, headers, body: sent, signal: abort.signal }).catch(
    (error) => {
      clearTimeout(silence);
      throw error;
    },
  );
  const isList = method === 'GET';
  const maxBytes = isList ? Math.min(limits.maxBytes, MAX_REFS_BYTES) : limits.maxBytes;
  const body = read(answer, maxBytes, silence);
  const whole = answer.status === 200 ? unbroken(body, isList ? 2 : 1) : body;
  return {
    url,
    method,
    statusCode: answer.status,
    statusMessage: answer.statusText,
    headers: Object.fromEntries(answer.headers),
    // The library would treat a truncated list as complete.
    body: isList ? asyncChunks(await collect(whole)) : whole,
  };
}

async function follow(from: string, init: RequestInit): Promise<{ readonly url: string; readonly answer: Response }> {
  let url = from;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await fetch(url, { ...init, redirect: 'manual' }).catch((error) => {
      throw new Unreachable(error);
    });
    const location = answer.headers.get('location');
    if (answer.status < 300 || answer.status >= 400 || location === null) return { url, answer };
    await answer.body?.cancel();
    url = sameServer(url, location, redirects);
  }
}

/** The redirect's URL, if it is on the same server: the request contains the token. */
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
  try {
    for await (const chunk of answer.body ?? []) {
      silence.refresh();
      size += chunk.byteLength;
      if (size > maxBytes) throw new TooLarge(tooMuch(maxBytes));
      yield chunk;
    }
  } catch (error) {
    throw error instanceof TooLarge ? error : new Unreachable(error);
  } finally {
    clearTimeout(silence);
  }
}

async function collect(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}

/** Chunks of a body in the form that the library accepts. */
export async function* asyncChunks(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function tooMuch(maxBytes: number): string {
  const most = maxBytes < MEGABYTE ? `${maxBytes} bytes` : `${Math.round(maxBytes / MEGABYTE)} MB`;
  return `the server sends more than ${most} for one fetch; raise PHOENIX_MAX_PACK_MB, or keep large files out (git lfs)`;
}
