// The client of GitHub's REST, which Gitea and Forgejo speak too: as a token, or as an App installed on the repository.

import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import type { Probes } from '../not-sent.ts';
import { type ForgeOptions, GITHUB, ownerAndName, restBase, TIMEOUT_MS, USER_AGENT } from '../options.ts';
import { openFetch, type ServerClock } from '../redirects.ts';

export type Client = Octokit;

export interface GitHub {
  /** Speaks for the installation of an App, or with the token. Fails when the App is not installed on the repository. */
  client(): Promise<Client>;
  /** Speaks for the App itself; null with a token. */
  readonly app: Client | null;
  /** The token of the moment: an App's lasts an hour. */
  token(): Promise<string>;
  readonly owner: string;
  readonly repo: string;
  readonly clock: ServerClock;
  /** Gitea and Forgejo have some paths and fields of their own. */
  readonly kind: 'github' | 'gitea';
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
/** What reads is tried again at once. */
const READ_AGAIN = 2;
const Paced = Octokit.plugin(retry, throttling);

/** For requests that write: they wait in the outbox, which outlives this process. */
export const once = { request: { retries: 0 } } as const;

/** @throws for a repository or an address that cannot be one */
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
      // Gitea takes a token in no other way.
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
        return new Paced({ ...shared, authStrategy: createAppAuth, auth: { ...credentials, installationId: data.id } });
      })
      .catch((error: unknown) => {
        installed = undefined;
        throw error;
      });
    return installed;
  };
  const token = async () => {
    const given = (await (await client()).auth({ type: 'installation' })) as { readonly token: string };
    return given.token;
  };
  return { client, app, token, owner, repo, kind, clock };
}

/** What tells a forge that fails from one report that it cannot take; each is asked once. @param path of what the report is about */
export function probesOf({ client, owner, repo }: GitHub, path: string, more: object): Probes {
  const ask = async (what: string, about: object) => (await client()).request(what, { owner, repo, ...about, ...once });
  return { subject: () => ask(path, more), repository: () => ask('GET /repos/{owner}/{repo}', {}) };
}

/** Undefined for an answer with one of these status codes, by which a forge says that there is nothing: 404 unless others are named. */
export async function orNothing<T>(request: () => Promise<T>, ...nothing: readonly number[]): Promise<T | undefined> {
  const codes = nothing.length === 0 ? [404] : nothing;
  try {
    return await request();
  } catch (error) {
    if (codes.includes((error as { readonly status?: number }).status ?? 0)) return undefined;
    throw error;
  }
}

/** Its limits are those that it publishes; other servers of the same kind have their own or none. */
export function isGitHubItself({ kind, api }: Pick<ForgeOptions, 'kind' | 'api'>): boolean {
  return kind === 'github' && (api === undefined || api.replace(/\/+$/, '') === GITHUB);
}

/** The outbox waits, and remembers that it does. */
function pass(): void {}
