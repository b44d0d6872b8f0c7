// The client of GitHub's REST API, which Gitea and Forgejo have too: with a token, or as an App installed on the repository.

import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import type { Probes } from '../not-sent.ts';
import { type ForgeOptions, GITHUB, ownerAndName, restBase, TIMEOUT_MS, USER_AGENT } from '../options.ts';
import { openFetch, type ServerClock } from '../redirects.ts';

export type Client = Octokit;

export interface GitHub {
  /** Authenticated as the installation of an App, or with the token. Fails when the App is not installed on the repository. */
  client(): Promise<Client>;
  /** Authenticated as the App itself; null with a token. */
  readonly app: Client | null;
  /** The current token: an App's is valid for an hour. */
  token(): Promise<string>;
  readonly owner: string;
  readonly repo: string;
  readonly clock: ServerClock;
  /** Gitea and Forgejo differ in some paths and fields. */
  readonly kind: 'github' | 'gitea';
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
/** Immediate retries of read requests. */
const READ_AGAIN = 2;
const Paced = Octokit.plugin(retry, throttling);

/** For write requests, which are retried from the outbox, since it outlives this process. */
export const once = { request: { retries: 0 } } as const;

/** @throws for an invalid repository or address */
export function connect(options: ForgeOptions): GitHub {
  const { login, repository, timeoutMs = TIMEOUT_MS } = options;
  const { owner, repo } = ownerAndName(repository);
  const kind = options.kind === 'gitea' ? 'gitea' : 'github';
  const clock: ServerClock = { aheadMs: 0 };
  const baseUrl = restBase(options);
  const shared = {
    baseUrl,
    userAgent: USER_AGENT,
    log: SILENT,
    request: { fetch: openFetch(timeoutMs, clock) },
    retry: { retries: READ_AGAIN, doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451] },
    throttle: isGitHubItself(options) ? { onRateLimit: pass, onSecondaryRateLimit: pass } : { enabled: false as const },
  };
  if (login.as === 'token') {
    const client = new Paced(shared);
    client.hook.before('request', (request) => {
      // Gitea accepts a token only in this form.
      request.headers.authorization = `token ${login.token()}`;
    });
    return { client: async () => client, app: null, token: async () => login.token(), owner, repo, kind, clock };
  }
  const credentials = { appId: login.id, privateKey: login.key };
  const app = new Paced({ ...shared, authStrategy: createAppAuth, auth: credentials });
  let installed: Promise<Client> | undefined;
  const client = () => {
    installed ??= app
      .request('GET /repos/{owner}/{repo}/installation', { owner, repo })
      .then(({ data }) => {
        const auth = { ...credentials, installationId: data.id };
        const found = new Paced({ ...shared, authStrategy: createAppAuth, auth });
        found.hook.error('request', forgetIfGone);
        return found;
      })
      .catch((error: unknown) => {
        installed = undefined;
        throw error;
      });
    return installed;
  };
  /** An App that is installed again has another installation, and the tokens of the previous one are refused. @throws the error */
  const forgetIfGone = (error: unknown): never => {
    if (isOfGoneInstallation(error)) installed = undefined;
    throw error;
  };
  const token = async () => {
    const given = (await (await client()).auth({ type: 'installation' }).catch(forgetIfGone)) as {
      readonly token: string;
    };
    return given.token;
  };
  return { client, app, token, owner, repo, kind, clock };
}

/**
 * Requests that tell a failing forge from a single report that it does not accept; each is sent once. @param path path of the report's subject
 */
export function probesOf({ client, owner, repo }: GitHub, path: string, more: object): Probes {
  const ask = async (what: string, about: object) => (await client()).request(what, { owner, repo, ...about, ...once });
  return { subject: () => ask(path, more), repository: () => ask('GET /repos/{owner}/{repo}', {}) };
}

/** Undefined for a response with one of these status codes, which mean that nothing exists. Default: 404. */
export async function orNothing<T>(request: () => Promise<T>, ...nothing: readonly number[]): Promise<T | undefined> {
  const codes = nothing.length === 0 ? [404] : nothing;
  try {
    return await request();
  } catch (error) {
    if (codes.includes((error as { readonly status?: number }).status ?? 0)) return undefined;
    throw error;
  }
}

/** Its token is refused, or it is not found where one is requested. */
function isOfGoneInstallation(error: unknown): boolean {
  const { status, request } = error as { readonly status?: number; readonly request?: { readonly url?: string } };
  return status === 401 || (status === 404 && request?.url?.endsWith('/access_tokens') === true);
}

/** GitHub's published limits apply, below ghe.com too; other servers have their own or none. */
export function isGitHubItself({ kind, api }: Pick<ForgeOptions, 'kind' | 'api'>): boolean {
  const host = (api ?? GITHUB).replace(/\/+$/, '');
  return kind === 'github' && (host === GITHUB || /^https:\/\/api\.[a-z\d-]+\.ghe\.com$/.test(host));
}

/** Does nothing: the outbox does the waiting, and records it. */
function pass(): void {}
