// Sends one HTTP request from a node to a service in its network. Secrets are inserted here, and responses are kept out of logs.

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Content, FileWrite, HttpBody, HttpRequest, RequestJson } from '../../model/action.ts';
import { atPointer } from '../../model/json.ts';
import type { HttpAnswer } from '../../ports/host.ts';
import { isOfHost } from '../../ports/host-failure.ts';
import { certificateSentence, namedAuthorities } from '../authorities.ts';
import type { Redactor } from '../redact.ts';
import { httpAgent, httpsAgent } from './agents.ts';
import type { Dial } from './dial.ts';

export interface RequestDeps {
  readonly dial: Dial;
  readonly contents: (content: Content) => Promise<Uint8Array>;
  readonly redactor: Redactor;
  readonly readFile: (path: string) => Promise<string | undefined>;
  readonly writeFile: (write: FileWrite) => Promise<boolean>;
}

/** Maximum size of a response; enough for a large Portainer. */
const ANSWER_LIMIT = 32 * 1024 * 1024;

export type SendRequest = (request: HttpRequest, options?: { readonly signal?: AbortSignal }) => Promise<HttpAnswer>;

export function requester(parts: RequestDeps): SendRequest {
  return async (request, { signal } = {}) => {
    const started = performance.now();
    const limit = AbortSignal.timeout(request.timeoutSeconds * 1000);
    const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const certificate: { shown: string | null } = { shown: null };
    try {
      const { status, headers, body } = await send(parts, request, both, (pem) => {
        certificate.shown = pem;
      });
      if (request.keep !== undefined && status < 300) await storeSecretOfAnswer(parts, request.keep, body);
      const text = parts.redactor.redact(body);
      const ms = performance.now() - started;
      return { status, headers, body: text, certificate: certificate.shown, ended: 'answered', message: '', ms };
    } catch (error) {
      // If the node is unreachable, nothing is known about the service.
      if (isOfHost(error)) throw error;
      const ended = signal?.aborted ? 'aborted' : limit.aborted ? 'timed out' : endOf(error);
      const message = ended === 'timed out' ? `no answer within ${request.timeoutSeconds} s` : messageOf(error);
      const ms = performance.now() - started;
      const text = parts.redactor.redact(message);
      return { status: null, headers: {}, body: '', certificate: certificate.shown, ended, message: text, ms };
    }
  };
}

interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function send(
  parts: RequestDeps,
  request: HttpRequest,
  signal: AbortSignal,
  shown: (pem: string) => void,
): Promise<Received> {
  const url = new URL(request.url);
  const secure = url.protocol === 'https:';
  const { bytes, type } = await bodyOf(parts, request.body);
  const headers: Record<string, string> = { accept: 'application/json, */*;q=0.5', 'user-agent': 'phoenix' };
  if (type !== null) headers['content-type'] = type;
  if (bytes !== null) headers['content-length'] = String(bytes.byteLength);
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name.toLowerCase()] =
      typeof value === 'string' ? value : Buffer.from(await parts.contents(value)).toString();
  }
  const options = {
    dial: parts.dial,
    address: request.address,
    ca: typeof request.trust === 'object' ? await trusted(parts, request.trust.file) : undefined,
    verify: request.trust !== 'none',
    signal,
  };
  const agent = secure ? httpsAgent(options) : httpAgent(options);
  return new Promise((resolve, reject) => {
    const call = (secure ? requestHttps : requestHttp)(url, { method: request.method, headers, agent, signal });
    call.once('socket', (socket) => {
      if (!(socket instanceof TLSSocket)) return;
      const pem = socket.getPeerX509Certificate()?.toString();
      if (pem !== undefined) shown(pem);
    });
    call.once('error', reject);
    call.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_LIMIT) response.destroy(new Error(`the answer is longer than ${ANSWER_LIMIT} bytes`));
        else chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value ?? '')]),
          ),
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    call.end(bytes ?? undefined);
  });
}

/** The authority's certificate, and the configured authorities, one of which may have issued the service's certificate. */
async function trusted({ readFile }: RequestDeps, file: string): Promise<string[]> {
  const pem = await readFile(file);
  if (pem === undefined) throw new Error(`the trusted certificate ${file} is not there`);
  return [pem, ...namedAuthorities()];
}

async function bodyOf(
  { contents }: RequestDeps,
  body: HttpBody | undefined,
): Promise<{ readonly bytes: Uint8Array | null; readonly type: string | null }> {
  if (body === undefined) return { bytes: null, type: null };
  if ('text' in body) return { bytes: await contents(body.text), type: 'text/plain; charset=utf-8' };
  if ('json' in body) {
    return { bytes: Buffer.from(JSON.stringify(await withSecrets(body.json, contents))), type: 'application/json' };
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(body.form)) form.append(name, value);
  const encoded = new Response(form);
  return { bytes: await encoded.bytes(), type: encoded.headers.get('content-type') };
}

/** The value with every reference replaced by the text of its secret or content. */
async function withSecrets(value: RequestJson | undefined, contents: RequestDeps['contents']): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item: RequestJson) => withSecrets(item, contents)));
  if (typeof value !== 'object' || value === null) return value;
  if (isContent(value)) return Buffer.from(await contents(value.$content)).toString();
  const { $secret, blob, ...other } = value as { readonly [key: string]: RequestJson | undefined };
  if (typeof $secret === 'string' && Object.keys(other).every((key) => key === 'digest')) {
    const secret = { $secret, ...(typeof blob === 'string' ? { blob } : {}) };
    return Buffer.from(await contents({ from: 'secret', secret })).toString();
  }
  return Object.fromEntries(
    await Promise.all(
      Object.entries(value).map(async ([key, item]) => [key, await withSecrets(item, contents)] as const),
    ),
  );
}

/** Whether an object is exactly a content reference. */
function isContent(value: RequestJson & object): value is { readonly $content: Content } {
  return '$content' in value && Object.keys(value).length === 1;
}

/** Stores a secret from the response and registers it for redaction before the response is passed on. */
async function storeSecretOfAnswer(
  { redactor, writeFile }: RequestDeps,
  { pointer, path }: NonNullable<HttpRequest['keep']>,
  body: string,
): Promise<void> {
  const value = atPointer(JSON.parse(body), pointer);
  if (typeof value !== 'string' || value === '') throw new Error(`the answer holds no text at ${pointer}`);
  redactor.add(value);
  await writeFile({ kind: 'file', path, content: { from: 'text', text: `${value}\n` }, mode: 0o600 });
}

/** Node's error codes for an invalid certificate. */
const UNTRUSTED =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)/;
const REFUSED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT']);

function endOf(error: unknown): HttpAnswer['ended'] {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (UNTRUSTED.test(code)) return 'untrusted';
  return REFUSED.has(code) ? 'refused' : 'lost';
}

function messageOf(error: unknown): string {
  // For a name with several addresses, there is one error for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return certificateSentence(error) ?? (error instanceof Error ? error.message : String(error));
}
