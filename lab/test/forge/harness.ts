// A lab forge with a working copy, a receiver of its webhooks, and a client that validates every response in the GitHub dialect against GitHub's own
// API description.

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { type WorkingCopy, workingCopy } from '../../../test/support/git/git.ts';
import { type LabForge, type LabForgeOptions, startForge } from '../../src/forge/forge.ts';
import { problemsOf } from './github-api.ts';

export const SECRET = 'between us';
export const TOKEN = 'lab/token+1';
export const APP_ID = 4242;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const APP = { id: APP_ID, publicKey };
/** PEM. */
export const APP_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Of an event as far as tests look into it. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of a foreign shape
export type Json = any;

interface Received {
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  readonly event: string;
  readonly body: Json;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

interface Asked {
  readonly body?: unknown;
  /** The forge's token when absent. */
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

export interface Scene {
  readonly forge: LabForge;
  readonly copy: WorkingCopy;
  readonly receiver: string;
  /** What the receiver answers from now on. */
  answerWith(status: number): void;
  /** Everything that was received, once everything is delivered. */
  received(): Promise<readonly Received[]>;
  /** Calls the REST API; a path without a leading `/repos` is below the repository. Fails for responses that GitHub does not send. */
  call(method: string, path: string, asked?: Asked): Promise<Answer>;
  /** Pushes a branch with one new commit on top of where the working copy is; resolves to the commit. */
  branch(name: string, files?: Readonly<Record<string, string>>): Promise<string>;
  /** Token of the App's installation. */
  installationToken(body?: unknown): Promise<string>;
  close(): Promise<void>;
}

/** What an App signs to show who it is. @param claims in seconds from now */
export function appToken(claims: { iss?: string; iat?: number; exp?: number } = {}, key = privateKey): Promise<string> {
  const { iss = String(APP_ID), iat = -30, exp = 540 } = claims;
  const now = Math.floor(Date.now() / 1000);
  const token = new SignJWT().setProtectedHeader({ alg: 'RS256' }).setIssuer(iss);
  return token
    .setIssuedAt(now + iat)
    .setExpirationTime(now + exp)
    .sign(key);
}

export async function openScene(options: Partial<LabForgeOptions> = {}): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-forge-'));
  const received: Received[] = [];
  let status = 202;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { headers } = request;
      const event = String(headers['x-github-event'] ?? headers['x-gitlab-event']);
      received.push({ headers, text, event, body: JSON.parse(text) });
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`;
  const forge = await startForge({ folder, secret: SECRET, token: TOKEN, webhookUrl: receiver, ...options });
  const copy = await workingCopy(forge.pushUrl);

  async function call(method: string, path: string, { body, token = TOKEN, headers }: Asked = {}): Promise<Answer> {
    const isWhole = /^\/(repos|app|projects|users?)(\/|-|$|\?)/.test(path);
    const full = isWhole ? path : `/repos/${forge.repository}${path === '/' ? '' : path}`;
    const sent = { authorization: `token ${token}`, 'content-type': 'application/json', ...headers };
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const answer = await fetch(`${forge.apiUrl}${full}`, { method, headers: sent, redirect: 'manual', ...init });
    const text = await answer.text();
    // Its events have arrived before the next request, since networks keep no order.
    if (method !== 'GET') await forge.delivered();
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    const told: Json = isJson ? JSON.parse(text) : text;
    if (forge.kind === 'github' && isJson) {
      const problems = problemsOf(method, full, answer.status, told);
      if (problems !== '') throw new Error(`GitHub does not answer ${method} ${full} like this: ${problems}\n${text}`);
    }
    return { status: answer.status, headers: answer.headers, body: told };
  }

  return {
    forge,
    copy,
    receiver,
    call,
    answerWith(given) {
      status = given;
    },
    async received() {
      await forge.delivered();
      return received;
    },
    async branch(name, files = { [name]: name }) {
      await copy.git('checkout', '--quiet', '-B', name);
      const sha = await copy.commit(files, `Change ${name}`);
      await copy.push('--force', name);
      await forge.delivered();
      return sha;
    },
    async installationToken(body) {
      const token = await appToken();
      const { body: installation } = await call('GET', `/repos/${forge.repository}/installation`, { token });
      const made = await call('POST', `/app/installations/${installation.id}/access_tokens`, { token, body });
      return made.body.token;
    },
    async close() {
      await forge.close();
      server.closeAllConnections();
      server.close();
      await copy.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
